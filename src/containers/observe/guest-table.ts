import type { ContainerTopResponse } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { GuestProcess } from "../../runtime/index.ts";

interface Column {
	readonly title: string;
	readonly value: (process: GuestProcess, now: Date) => string;
}

/** Columns of ps(1) that can be made from what a machine tells, by the names that `-o` takes. */
const columns: Readonly<Record<string, Column>> = {
	pid: { title: "PID", value: ({ pid }) => String(pid) },
	ppid: { title: "PPID", value: ({ parentPid }) => String(parentPid) },
	// Names of users are the image's, so ids are all that is certain; root is root everywhere.
	user: { title: "USER", value: userName },
	uid: { title: "UID", value: ({ uid }) => String(uid) },
	c: { title: "C", value: cpuPercent },
	pcpu: { title: "%CPU", value: cpuPercent },
	stime: { title: "STIME", value: startTime },
	tty: { title: "TTY", value: ({ tty }) => tty },
	time: { title: "TIME", value: ({ cpuMs }) => clock(cpuMs) },
	rss: { title: "RSS", value: ({ residentBytes }) => String(Math.round(residentBytes / 1024)) },
	stat: { title: "STAT", value: ({ state }) => state },
	comm: { title: "COMMAND", value: ({ command }) => command.split(" ")[0]!.split("/").at(-1)! },
	args: { title: "COMMAND", value: ({ command }) => command },
};

function userName({ uid }: GuestProcess): string {
	return uid === 0 ? "root" : String(uid);
}

const aliases: Readonly<Record<string, string>> = {
	cmd: "args",
	command: "args",
	euser: "user",
	euid: "uid",
	"%cpu": "pcpu",
	tt: "tty",
	tname: "tty",
	cputime: "time",
	rssize: "rss",
	state: "stat",
	s: "stat",
	ucmd: "comm",
};

const named = (...names: readonly string[]) => names.map((name) => columns[name]!);
const full: readonly Column[] = [
	{ title: "UID", value: userName },
	...named("pid", "ppid", "c", "stime", "tty", "time"),
	{ title: "CMD", value: ({ command }) => command },
];
const short: readonly Column[] = [...named("pid", "tty", "time"), { ...columns["comm"]!, title: "CMD" }];

/**
 * What ps would print of a machine's processes, which the host's does not see. Options: `-e`, `-f`, `-A`, and
 * `-o` with fields. Errors: `invalid_argument` naming an option or field that is not known.
 */
export function guestTable(
	processes: readonly GuestProcess[],
	args: readonly string[],
): ContainerTopResponse {
	const chosen = chooseColumns(args);
	const now = new Date();
	return {
		Titles: chosen.map(({ title }) => title),
		Processes: processes.map((process) => chosen.map(({ value }) => value(process, now))),
	};
}

function chooseColumns(args: readonly string[]): readonly Column[] {
	const names: string[] = [];
	let isFull = false;
	for (let index = 0; index < args.length; index++) {
		const argument = args[index]!;
		if (argument === "-o" || argument === "o") names.push(...fieldNames(args[++index] ?? ""));
		else if (argument.startsWith("-o")) names.push(...fieldNames(argument.slice(2)));
		else if (/^-[eAf]+$/.test(argument)) isFull ||= argument.includes("f");
		else
			throw new EngineError(
				"invalid_argument",
				`ps ${argument}: not supported for a container of isolation vm`,
			);
	}
	if (names.length === 0) return isFull ? full : short;
	return names.map((name) => {
		const column = columns[aliases[name] ?? name];
		if (column !== undefined) return column;
		throw new EngineError(
			"invalid_argument",
			`ps -o ${name}: not known of a container of isolation vm (known: ${Object.keys(columns).join(", ")})`,
		);
	});
}

function fieldNames(text: string): string[] {
	return text.split(",").filter((name) => name !== "");
}

function cpuPercent({ cpuMs, startedAtMs }: GuestProcess, now: Date): string {
	const livedMs = Math.max(1, now.getTime() - startedAtMs);
	return String(Math.min(99, Math.floor((cpuMs / livedMs) * 100)));
}

/** The hour of today, else the day, as ps prints it. */
function startTime({ startedAtMs }: GuestProcess, now: Date): string {
	const started = new Date(startedAtMs);
	const text = started.toString();
	return started.toDateString() === now.toDateString()
		? text.slice(16, 21)
		: `${text.slice(4, 7)}${text.slice(8, 10)}`;
}

function clock(ms: number): string {
	const seconds = Math.floor(ms / 1000);
	const two = (value: number) => String(value).padStart(2, "0");
	return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
