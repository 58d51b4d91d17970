import { type Found, findCommand } from "./commands/find.ts";
import { createContext, type GlobalOptions } from "./context.ts";
import type { Command } from "./flags/command.ts";
import { FlagError, parseLine } from "./flags/parse.ts";
import { globalFlags } from "./global-flags.ts";
import { writeError, writeOut } from "./terminal/output.ts";

const program = "hull";

/** The command line: `words` are what follows the program's name. Ends the process with the command's exit code. */
export async function runCli(words: readonly string[]): Promise<void> {
	process.exit(await runWords(words));
}

async function runWords(words: readonly string[]): Promise<number> {
	let options: GlobalOptions = { debug: false };
	let found: Found = { kind: "nothing" };
	try {
		if (words[0] === "__complete") {
			const { printCandidates } = await import("./completion/candidates.ts");
			return await printCandidates(program, words.slice(1));
		}
		const line = parseLine(words, { flags: globalFlags, interspersed: false });
		if (line.values["tls"] === true || line.values["tlsverify"] === true)
			throw new FlagError("TLS is not supported: use a unix socket, or tcp:// in a trusted network");
		options = {
			host: line.values["host"] as string | undefined,
			config: line.values["config"] as string | undefined,
			debug: line.values["debug"] === true,
		};
		if (line.values["version"] === true) return await printVersion();
		found = findCommand(program, line.positionals);
		if (found.kind !== "command") return await explain(found);
		const rest = line.positionals.slice(found.words);
		if (line.help) return await explainCommand(found);
		return await runCommand(found, rest, options);
	} catch (error) {
		const { reportError } = await import("./report-error.ts");
		return reportError(error, { program, found, debug: options.debug });
	}
}

type FoundCommand = Found & { readonly kind: "command" };

async function runCommand(
	found: FoundCommand,
	words: readonly string[],
	options: GlobalOptions,
): Promise<number> {
	const { command } = await found.entry.load();
	const line = parseLine(words, { flags: command.flags, interspersed: command.interspersed ?? true });
	if (line.help) return explainCommand(found);
	const misfit = argumentMisfit(command, line.positionals.length);
	if (misfit !== undefined) {
		const { reportArguments } = await import("./report-error.ts");
		return reportArguments(misfit, { program, found, usage: command.usage });
	}
	const context = createContext(found.title, options, explainWords);
	const code = await command.run(context, {
		flags: line.values as never,
		given: line.given,
		arguments: line.positionals,
	});
	return code ?? 0;
}

function argumentMisfit(command: Command, count: number): string | undefined {
	const { min, max } = command.arguments;
	const plural = (n: number) => `${n} argument${n === 1 ? "" : "s"}`;
	if (max === 0 && count > 0) return "accepts no arguments";
	if (min === max && count !== min) return `requires ${plural(min)}`;
	if (count < min) return `requires at least ${plural(min)}`;
	if (max !== undefined && count > max) return `requires at most ${plural(max)}`;
	return undefined;
}

async function printVersion(): Promise<number> {
	const { clientVersion } = await import("./client-version.ts");
	writeOut(`Hull version ${clientVersion}\n`);
	return 0;
}

function explainWords(words: readonly string[]): Promise<number> {
	const found = findCommand(program, words);
	return found.kind === "command" ? explainCommand(found) : explain(found);
}

/** Help for whatever is no command. */
async function explain(found: Exclude<Found, FoundCommand>): Promise<number> {
	const { groupHelp, programHelp } = await import("./flags/help.ts");
	switch (found.kind) {
		case "nothing":
			writeOut(programHelp(program));
			return 0;
		case "group":
			writeOut(groupHelp(found.title, found.group));
			return 0;
		case "unknown": {
			const { reportUnknown } = await import("./report-error.ts");
			writeError(reportUnknown(found, program));
			return 1;
		}
		default:
			return found satisfies never;
	}
}

async function explainCommand(found: FoundCommand): Promise<number> {
	const [{ commandHelp }, { command }] = await Promise.all([import("./flags/help.ts"), found.entry.load()]);
	writeOut(
		commandHelp({ title: found.title, summary: found.entry.summary, command, program, entry: found.entry }),
	);
	return 0;
}
