import { membersOf, topCommands } from "../commands/find.ts";
import {
	type CommandEntry,
	type CommandGroup,
	commonCommands,
	groups,
	otherCommands,
} from "../commands/tree.ts";
import { globalFlags } from "../global-flags.ts";
import type { Command } from "./command.ts";
import type { Flag } from "./flag.ts";
import { helpWidth, wrap } from "./wrap.ts";

export interface CommandHelp {
	/** As it was called: `hull container ls`. */
	readonly title: string;
	readonly summary: string;
	readonly command: Command;
	readonly program: string;
	readonly entry: CommandEntry;
}

export function commandHelp({ title, summary, command, program, entry }: CommandHelp): string {
	const sections = [`Usage:  ${title} ${command.usage}`.trimEnd(), `${summary}.`];
	if (command.description !== undefined) sections.push(wrap(command.description, helpWidth()));
	const aliases = aliasesOf(program, entry);
	if (aliases.length > 1) sections.push(`Aliases:\n  ${aliases.join(", ")}`);
	if (command.flags.length > 0) sections.push(`Options:\n${flagTable(command.flags)}`);
	if (command.examples !== undefined) {
		const lines = command.examples.map(([line, what]) => `  # ${what}\n  $ ${program} ${line}`);
		sections.push(`Examples:\n${lines.join("\n")}`);
	}
	return `${sections.join("\n\n")}\n`;
}

export function groupHelp(title: string, group: CommandGroup): string {
	return `${[
		`Usage:  ${title} COMMAND`,
		`${group.summary}.`,
		`Commands:\n${commandTable(membersOf(group))}`,
		`Run '${title} COMMAND --help' for more information on a command.`,
	].join("\n\n")}\n`;
}

export function programHelp(program: string): string {
	return `${[
		`Usage:  ${program} [OPTIONS] COMMAND`,
		"A container engine in which each container chooses its hull.",
		`Common commands:\n${commandTable(commonCommands)}`,
		`Groups:\n${commandTable(groups)}`,
		`Commands:\n${commandTable(otherCommands)}`,
		`Global options:\n${flagTable(globalFlags.filter(({ help }) => help !== "Not supported"))}`,
		`Run '${program} COMMAND --help' for more information on a command.`,
	].join("\n\n")}\n`;
}

function commandTable(
	entries: readonly { readonly names: readonly string[]; readonly summary: string }[],
): string {
	const width = Math.max(...entries.map(({ names }) => names[0]!.length));
	return entries.map(({ names, summary }) => `  ${names[0]!.padEnd(width)}  ${summary}`).join("\n");
}

/** One flag a row, its text wrapped beside it. */
function flagTable(flags: readonly Flag[]): string {
	const sorted = [...flags].sort((a, b) => (a.name < b.name ? -1 : 1));
	const rows = sorted.map((flag) => [flagWords(flag), flagText(flag)] as const);
	const left = Math.max(...rows.map(([words]) => words.length)) + 3;
	const width = Math.max(30, helpWidth() - left);
	return rows
		.map(([words, text]) => {
			const lines = wrap(text, width).split("\n");
			return `${words.padEnd(left)}${lines.join(`\n${" ".repeat(left)}`)}`.trimEnd();
		})
		.join("\n");
}

function flagWords(flag: Flag): string {
	const short = flag.short === undefined ? "    " : `-${flag.short}, `;
	const word = flag.kind === "switch" ? "" : ` ${flag.word ?? (flag.kind === "list" ? "list" : "string")}`;
	return `  ${short}--${flag.name}${word}`;
}

function flagText(flag: Flag): string {
	const choices = flag.kind === "text" && flag.choices !== undefined ? ` (${listChoices(flag.choices)})` : "";
	if (flag.kind === "list" || flag.default === undefined || flag.default === false)
		return flag.help + choices;
	const shown = flag.kind === "switch" ? "true" : JSON.stringify(flag.default);
	return `${flag.help}${choices} (default ${shown})`;
}

/** Every way to call the command. */
function aliasesOf(program: string, entry: CommandEntry): string[] {
	const inGroups = groups.flatMap((group) => aliasesIn(group, `${program} ${group.names[0]}`, entry));
	const atTop = topCommands()
		.filter(({ load }) => load === entry.load)
		.map(({ names }) => `${program} ${names[0]}`);
	return [...inGroups, ...atTop];
}

function aliasesIn(group: CommandGroup, title: string, entry: CommandEntry): string[] {
	const own = group.commands
		.filter(({ load }) => load === entry.load)
		.flatMap(({ names }) => names.map((name) => `${title} ${name}`));
	const inner = (group.groups ?? []).flatMap((one) => aliasesIn(one, `${title} ${one.names[0]}`, entry));
	return [...own, ...inner];
}

/** Many are written so that the line can break between them. */
function listChoices(choices: readonly string[]): string {
	return choices.join(choices.length > 4 ? ", " : "|");
}
