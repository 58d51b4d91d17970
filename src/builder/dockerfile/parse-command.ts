import { closest } from "../../lib/closest.ts";
import { parseCommandLine } from "./command-line.ts";
import type { Command, CopyCommand, RunCommand } from "./commands.ts";
import { DockerfileError } from "./error.ts";
import { type FlagKinds, parseFlags, takeFlags } from "./flags.ts";
import { parseHealthCheck } from "./health-check.ts";
import { parseHeredocWord } from "./heredoc.ts";
import type { LogicalLine } from "./logical-lines.ts";
import { parseArguments, parsePairs } from "./pairs.ts";
import type { Refuse } from "./refuse.ts";
import { parseRunMount } from "./run-mounts.ts";
import { parseJsonForm, splitWords } from "./words.ts";

export const instructions = [
	"ADD",
	"ARG",
	"CMD",
	"COPY",
	"ENTRYPOINT",
	"ENV",
	"EXPOSE",
	"FROM",
	"HEALTHCHECK",
	"LABEL",
	"MAINTAINER",
	"ONBUILD",
	"RUN",
	"SHELL",
	"STOPSIGNAL",
	"USER",
	"VOLUME",
	"WORKDIR",
] as const;

export type InstructionName = (typeof instructions)[number];

const flagKinds: Readonly<Partial<Record<InstructionName, FlagKinds>>> = {
	FROM: { platform: "text" },
	RUN: { mount: "list", network: "text", security: "text", device: "list" },
	COPY: {
		...{ from: "text", chown: "text", chmod: "text", link: "boolean", parents: "boolean", exclude: "list" },
	},
	ADD: {
		...{ chown: "text", chmod: "text", link: "boolean", exclude: "list", checksum: "text" },
		...{ "keep-git-dir": "boolean", unpack: "boolean" },
	},
	HEALTHCHECK: {
		...{
			interval: "text",
			timeout: "text",
			"start-period": "text",
			"start-interval": "text",
			retries: "text",
		},
	},
};

/** An instruction taken apart: its name, flags and what is left. */
export interface ReadInstruction {
	readonly name: InstructionName;
	readonly rest: string;
	readonly flags: ReturnType<typeof parseFlags>;
	readonly refuse: Refuse;
}

export function readInstruction(line: LogicalLine, escapeToken: string): ReadInstruction {
	const refuse: Refuse = (message, word) => {
		throw new DockerfileError(message, { range: line.range, word });
	};
	const [, word, after] = /^\s*(\S+)\s*(.*)$/s.exec(line.text) as unknown as [string, string, string];
	const name = word.toUpperCase() as InstructionName;
	if (!instructions.includes(name)) {
		const near = closest(name, instructions);
		return refuse(
			`unknown instruction: ${word}${near === undefined ? "" : ` (did you mean ${near}?)`}`,
			word,
		);
	}
	const { flags, rest } = takeFlags(after.trimEnd(), escapeToken);
	return { name, rest, flags: parseFlags(flags, flagKinds[name] ?? {}, refuse), refuse };
}

/** Makes an instruction of a stage out of its line; `FROM` is the caller's. */
export function parseCommand(line: LogicalLine, read: ReadInstruction, escapeToken: "\\" | "`"): Command {
	const { name, rest, flags, refuse } = read;
	const common = { range: line.range, source: line.text.trim() };
	const list = () => parseJsonForm(rest, () => refuse(stringsOnly, rest)) ?? splitWords(rest, escapeToken);
	const one = () => (rest === "" ? refuse(`${name} requires exactly one argument`, name) : rest);
	const some = (values: readonly string[]) =>
		values.length === 0 ? refuse(`${name} requires at least one argument`, name) : values;
	switch (name) {
		case "RUN":
			return { ...common, ...parseRun(line, read) };
		case "COPY":
		case "ADD":
			return { ...common, ...parseCopy(line, read, list()) };
		case "ENV":
		case "LABEL":
			return {
				...common,
				kind: name === "ENV" ? "env" : "label",
				pairs: parsePairs(name, rest, { escapeToken, refuse }),
			};
		case "ARG":
			return {
				...common,
				kind: "arg",
				args: parseArguments(rest, { escapeToken, refuse, comment: line.comment }),
			};
		case "CMD":
		case "ENTRYPOINT":
			return {
				...common,
				kind: name === "CMD" ? "cmd" : "entrypoint",
				command: parseCommandLine(rest, refuse),
			};
		case "EXPOSE":
			return { ...common, kind: "expose", ports: some(splitWords(rest, escapeToken)) };
		case "VOLUME": {
			const paths = some(list());
			if (paths.some((path) => path.trim() === ""))
				return refuse("VOLUME specified can not be an empty string", rest);
			return { ...common, kind: "volume", paths };
		}
		case "USER":
		case "WORKDIR":
		case "STOPSIGNAL":
		case "MAINTAINER":
			return { ...common, kind: name.toLowerCase() as "user", value: one() };
		case "SHELL": {
			const args = parseJsonForm(rest, () => refuse(stringsOnly, rest));
			if (args === undefined) return refuse("SHELL requires the arguments to be in JSON form", rest);
			if (args.length === 0) return refuse("SHELL requires at least one argument", rest);
			return { ...common, kind: "shell", args };
		}
		case "HEALTHCHECK":
			return { ...common, kind: "healthcheck", check: parseHealthCheck(rest, flags, refuse) };
		case "ONBUILD":
			return { ...common, kind: "onbuild", trigger: parseTrigger(line, rest, refuse) };
		case "FROM":
			return refuse("FROM begins a stage", name);
	}
	name satisfies never;
	return refuse(`unknown instruction: ${String(name)}`);
}

const stringsOnly = "when using JSON array syntax, arrays must be comprised of strings only";

function parseRun(
	line: LogicalLine,
	{ rest, flags, refuse }: ReadInstruction,
): Omit<RunCommand, "range" | "source"> {
	if (rest === "") return refuse("RUN requires at least one argument", "RUN");
	const network = flags.text("network") ?? "default";
	if (network !== "default" && network !== "none" && network !== "host")
		return refuse(`unsupported network mode "${network}" (it is default, none or host)`, network);
	const security = flags.text("security") ?? "sandbox";
	if (security !== "sandbox" && security !== "insecure")
		return refuse(`security "${security}" is not valid (it is sandbox or insecure)`, security);
	return {
		kind: "run",
		command: parseCommandLine(rest, refuse),
		heredocs: line.heredocs,
		mounts: flags.list("mount").map((text) => parseRunMount(text, refuse)),
		network,
		security,
		devices: flags.list("device").map((text) => parseDevice(text, refuse)),
	};
}

function parseDevice(text: string, refuse: Refuse): { name: string; required: boolean } {
	const fields = text.split(",");
	let name = "";
	let required = false;
	for (const field of fields) {
		if (field === "required" || field === "required=true") required = true;
		else if (field === "required=false") required = false;
		else if (field.startsWith("name=")) name = field.slice("name=".length);
		else if (name === "" && !field.includes("required")) name = field;
		else return refuse(`unexpected field '${field}' in device`, field);
	}
	return name === "" ? refuse("a device needs a name", text) : { name, required };
}

function parseCopy(
	line: LogicalLine,
	{ name, flags, refuse }: ReadInstruction,
	words: readonly string[],
): Omit<CopyCommand, "range" | "source"> {
	if (words.length < 2)
		return refuse(
			`${name} requires at least two arguments, but only ${words.length} provided. Destination could not be determined`,
			name,
		);
	const from = flags.text("from");
	if (from === "") return refuse("--from needs a stage, an image or a context", "--from");
	const named = words.slice(0, -1).map((word) => ({ word, heredoc: parseHeredocWord(word) }));
	const sources = named.filter(({ heredoc }) => heredoc === undefined).map(({ word }) => word);
	const unpack = flags.boolean("unpack");
	return {
		kind: name === "COPY" ? "copy" : "add",
		sources,
		inline: named.length === sources.length ? [] : line.heredocs,
		target: words.at(-1)!,
		...(from === undefined ? {} : { from }),
		chown: flags.text("chown") ?? "",
		chmod: flags.text("chmod") ?? "",
		link: flags.boolean("link") ?? false,
		parents: flags.boolean("parents") ?? false,
		excludes: flags.list("exclude"),
		checksum: flags.text("checksum") ?? "",
		keepGitDir: flags.boolean("keep-git-dir") ?? false,
		...(unpack === undefined ? {} : { unpack }),
	};
}

function parseTrigger(line: LogicalLine, rest: string, refuse: Refuse): string {
	const trigger = /^\S*/.exec(rest)![0].toUpperCase();
	if (trigger === "") return refuse("ONBUILD requires at least one argument", "ONBUILD");
	if (trigger === "ONBUILD") return refuse("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed", rest);
	if (trigger === "FROM" || trigger === "MAINTAINER")
		return refuse(`${trigger} isn't allowed as an ONBUILD trigger`, rest);
	const documents = line.heredocs.map(({ content, name }) => `\n${content}${name}`).join("");
	return rest + documents;
}
