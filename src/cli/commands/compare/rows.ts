import {
	type Choice,
	countVerdicts,
	groupTitles,
	type Report,
	type Subject,
	type Wall,
	type WorkName,
	wallKinds,
} from "../../../compare/index.ts";
import { binarySize, decimalSize } from "../../format/units.ts";

/** One line of the comparison: a text for each subject, and for quantities a number to draw a bar of. */
export interface Row {
	readonly title: string;
	/** `undefined`: was not measured. */
	readonly cells: readonly (Cell | undefined)[];
	/** Which end of the bar is good; `undefined` for what is no quantity. */
	readonly better?: "less" | "more";
}

export interface Cell {
	readonly text: string;
	readonly value?: number;
	/** Marks what is the host's (bad), one's own, or denied (good). */
	readonly verdict?: Wall["verdict"];
}

export interface Section {
	readonly title: string;
	readonly rows: readonly Row[];
}

/** Everything that was measured, in the order in which people ask. */
export function sectionsOf(report: Report): Section[] {
	const sections = [
		{ title: "Kernel and start", rows: startRows(report) },
		{ title: "Memory and disk", rows: sizeRows(report) },
		{ title: "Speed, the best of three", rows: speedRows(report) },
		...wallSections(report, ({ walls }) => walls, ""),
		...wallSections(report, ({ privilegedWalls }) => privilegedWalls, ", with --privileged"),
	];
	return sections
		.map(({ title, rows }) => ({
			title,
			rows: rows.filter(({ cells }) => cells.some((cell) => cell !== undefined)),
		}))
		.filter(({ rows }) => rows.length > 0);
}

/** One row, from what each subject has for it. */
function row(report: Report, title: string, read: (subject: Subject) => Cell | undefined): Row {
	return { title, cells: report.subjects.map(read) };
}

function quantity(
	report: Report,
	{
		title,
		better,
		read,
	}: { title: string; better: "less" | "more"; read: (subject: Subject) => Cell | undefined },
): Row {
	return { ...row(report, title, read), better };
}

function startRows(report: Report): Row[] {
	return [
		row(
			report,
			"kernel",
			({ kernel }) =>
				kernel && { text: `${kernel.release}${kernel.shared ? " (the host's)" : " (its own)"}` },
		),
		row(report, "processor", ({ cpuModel }) => (cpuModel ? { text: cpuModel } : undefined)),
		quantity(report, {
			title: "start, the first time",
			better: "less",
			read: ({ start }) => start && time(start.firstMs),
		}),
		quantity(report, {
			title: `start again (median of ${report.runs})`,
			better: "less",
			read: ({ start }) => start && time(start.warm.median),
		}),
		quantity(report, {
			title: "the command, from start to end",
			better: "less",
			read: ({ command }) => (command?.kind === "ended" ? time(command.ms.median) : undefined),
		}),
		row(report, "exit code of the command", ({ command }) => {
			if (command === undefined) return undefined;
			return { text: command.kind === "ended" ? String(command.exitCode) : "it runs on" };
		}),
	];
}

function sizeRows(report: Report): Row[] {
	const bytes = (value: number): Cell => ({ text: binarySize(Math.round(value)), value });
	const of = report.subjects.some(({ memory }) => memory?.of === "command")
		? "the command"
		: "an idle process";
	return [
		quantity(report, {
			title: `memory of one (${of})`,
			better: "less",
			read: ({ memory }) => memory && bytes(memory.oneBytes),
		}),
		quantity(report, {
			title: "of that, the supervisor",
			better: "less",
			read: ({ memory }) => memory && bytes(memory.supervisorBytes),
		}),
		quantity(report, {
			title: `memory of ${report.count}`,
			better: "less",
			read: ({ memory }) => memory && bytes(memory.allBytes),
		}),
		quantity(report, {
			title: "each further one adds",
			better: "less",
			read: ({ memory }) => memory && bytes(memory.furtherBytes),
		}),
		quantity(report, {
			title: "and to the host's kernel, about",
			better: "less",
			read: ({ memory }) => memory && bytes(memory.kernelBytes),
		}),
		quantity(report, {
			title: `fit into ${binarySize(report.host.MemoryAvailableBytes)}`,
			better: "more",
			read: ({ memory }) => memory && { text: memory.fits.toLocaleString("en"), value: memory.fits },
		}),
		quantity(report, {
			title: "disk, shared by all of the image",
			better: "less",
			read: ({ disk }) => disk && bytes(disk.sharedBytes),
		}),
		quantity(report, {
			title: "disk, for each",
			better: "less",
			read: ({ disk }) => disk && bytes(disk.ownBytes),
		}),
	];
}

const speeds: readonly (readonly [WorkName, string, (perSecond: number) => string])[] = [
	["integer", "computing", (rate) => `${grouped(rate / 1e6)} M/s`],
	["system-calls", "system calls", (rate) => `${grouped(rate / 1e6)} M/s`],
	["page-faults", "fresh pages of memory", (rate) => `${grouped(rate / 1e3)} k/s`],
	["processes", "processes started and ended", (rate) => `${grouped(rate)} /s`],
	["disk-write", "disk, written and synced", (rate) => `${decimalSize(rate, 3)}/s`],
	["disk-read", "disk, read back", (rate) => `${decimalSize(rate, 3)}/s`],
	["files", "small files made and removed", (rate) => `${grouped(rate)} /s`],
	["round-trips", "network round trips", (rate) => `${grouped(rate)} /s`],
	["stream", "network, one stream", (rate) => `${decimalSize(rate, 3)}/s`],
];

/** Three digits that count: `1,040`, `5.46`. */
function grouped(value: number): string {
	return value.toLocaleString("en", { maximumSignificantDigits: 3 });
}

function speedRows(report: Report): Row[] {
	return speeds.map(([name, title, say]) =>
		quantity(report, {
			title,
			better: "more",
			read: ({ work }) => {
				const rate = work?.[name]?.perSecond;
				return rate === undefined ? undefined : { text: say(rate), value: rate };
			},
		}),
	);
}

function wallSections(
	report: Report,
	wallsOf: (subject: Subject) => readonly Wall[] | undefined,
	suffix: string,
): Section[] {
	return (["sight", "control", "surface"] as const).map((group) => ({
		title: `${groupTitles[group]}${suffix}`,
		rows: [
			...wallKinds
				.filter((kind) => kind.group === group)
				.map(({ name, title }) =>
					row(report, title, (subject) => wallCell(wallsOf(subject)?.find((wall) => wall.name === name))),
				),
			...(group === "surface"
				? [
						row(report, "all together, the host's", (subject) => {
							const walls = wallsOf(subject);
							return walls && { text: `${countVerdicts(walls, "host")} of ${walls.length}` };
						}),
					]
				: []),
		],
	}));
}

function wallCell(wall: Wall | undefined): Cell | undefined {
	if (wall === undefined) return undefined;
	const { verdict, detail } = wall;
	if (verdict === "denied") return { text: detail === "none" ? "none" : `no (${detail})`, verdict };
	const whose = verdict === "host" ? "the host's" : "its own";
	return { text: detail === "allowed" ? `yes, ${whose}` : `${whose}: ${detail}`, verdict };
}

function time(ms: number): Cell {
	return { text: ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toPrecision(3)} s`, value: ms };
}

/** `untrusted: vm`, and why. */
export function choiceTitle({ need, hull }: Choice): string {
	return `${need}: ${hull ?? "no hull was measured that could decide"}`;
}

/** Title of a subject's column. */
export function subjectTitle({ hull }: Subject): string {
	return { process: "process", vm: "virtual machine", machine: "whole machine" }[hull];
}

/** What the machines were made with. */
export function machinesText(machines: NonNullable<Report["machines"]>): string {
	const { accelerator, qemuVersion, kernelVersion } = machines;
	const how = accelerator === "kvm" ? "KVM" : "emulation (TCG), no KVM";
	return `QEMU ${qemuVersion} by ${how}, guest kernel ${kernelVersion}`;
}
