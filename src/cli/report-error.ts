import { closest } from "../lib/closest.ts";
import type { Found } from "./commands/find.ts";
import { membersOf, topCommands } from "./commands/find.ts";
import { groups } from "./commands/tree.ts";
import { CommandFailure, errorText } from "./failure.ts";
import { FlagError } from "./flags/parse.ts";
import { writeError } from "./terminal/output.ts";

type FoundCommand = Found & { readonly kind: "command" };

/** Prints an error as users of docker know it and gives the exit code. */
export async function reportError(
	error: unknown,
	where: { program: string; found: Found; debug: boolean },
): Promise<number> {
	const { program, found } = where;
	if (error instanceof FlagError) {
		writeError(await flagErrorText(error, program, found));
		return 125;
	}
	const failure = error instanceof CommandFailure ? error : undefined;
	const text = withAdvice(errorText(error), error);
	const title = found.kind === "command" ? found.title : program;
	if (failure?.pointsToHelp)
		writeError(`${program}: ${text}\n\nRun '${title} --help' for more information\n`);
	else if (text !== "") writeError(`${text}\n`);
	if (where.debug) writeError(causes(error));
	if (failure !== undefined) return failure.exitCode;
	if (isBug(error)) writeError(`${error instanceof Error ? error.stack : ""}\n`);
	return 1;
}

async function flagErrorText(error: FlagError, program: string, found: Found): Promise<string> {
	const hint = error.suggestion === undefined ? "" : `\nDid you mean ${error.suggestion}?\n`;
	if (found.kind !== "command")
		return `${error.message}\n${hint}\nUsage:  ${program} [OPTIONS] COMMAND [ARG...]\n\nRun '${program} --help' for more information\n`;
	const { command } = await found.entry.load();
	const usage = `${found.title} ${command.usage}`;
	return `${error.message}\n${hint}\nUsage:  ${usage}\n\nRun '${found.title} --help' for more information\n`;
}

/** A wrong number of arguments. */
export function reportArguments(
	misfit: string,
	where: { program: string; found: FoundCommand; usage: string },
): number {
	const { program, found, usage } = where;
	const verb = misfit === "accepts no arguments" ? "Run" : "See";
	writeError(
		`${program}: '${found.title}' ${misfit}\n\nUsage:  ${found.title} ${usage}\n\n${verb} '${found.title} --help' for more information\n`,
	);
	return 1;
}

export function reportUnknown(found: Found & { readonly kind: "unknown" }, program: string): string {
	const { title, group, parent } = found;
	const known = (group === undefined ? [...topCommands(), ...groups] : membersOf(group)).flatMap(
		({ names }) => names,
	);
	const like = closest(title.split(" ").at(-1)!, known);
	const hint = like === undefined ? "" : `\nDid you mean '${parent} ${like}'?\n`;
	return `${program}: unknown command: ${title}\n${hint}\nRun '${parent} --help' for more information\n`;
}

/** What to do next, where that is known. */
function withAdvice(text: string, error: unknown): string {
	const cause = error instanceof CommandFailure && error.cause !== undefined ? error.cause : error;
	const code = (cause as { code?: unknown } | undefined)?.code;
	if (cause instanceof Error && cause.name === "ResponseError") return text;
	if (code === "unavailable" && text.startsWith("cannot connect"))
		return `${text}. Is the engine running? Start it with 'hulld', or choose another with --host or HULL_HOST`;
	if (code === "forbidden" && text.startsWith("permission denied while connecting"))
		return `${text}. Run hull as root, or as a member of the socket's group`;
	return text;
}

function causes(error: unknown): string {
	const lines: string[] = [];
	for (let at = (error as Error | undefined)?.cause; at !== undefined; at = (at as Error | undefined)?.cause)
		lines.push(`caused by: ${at instanceof Error ? at.message : String(at)}\n`);
	return lines.join("");
}

/** Errors that no user can cause have no code; their stack is what a report needs. */
function isBug(error: unknown): boolean {
	return !(error instanceof CommandFailure) && (error as { code?: unknown } | undefined)?.code === undefined;
}
