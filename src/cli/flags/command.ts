import type { CommandContext } from "../context.ts";
import type { Completion, Flag, FlagValues } from "./flag.ts";

/** What a command line of this command looks like, and what it does. Its name and summary are in the command tree. */
export interface Command<Flags extends readonly Flag[] = readonly Flag[]> {
	/** What follows the name: `[OPTIONS] IMAGE [COMMAND] [ARG...]`. */
	readonly usage: string;
	/** Help beyond the one-line summary: paragraphs. */
	readonly description?: string;
	readonly examples?: readonly (readonly [line: string, what: string])[];
	readonly flags: Flags;
	/** How many arguments; no maximum when absent. */
	readonly arguments: { readonly min: number; readonly max?: number };
	/** What shells offer for the arguments; the last one repeats. */
	readonly completes?: readonly Completion[];
	/** False: the first argument ends the flags. */
	readonly interspersed?: false;
	/** Gives the exit code; 0 when it gives nothing. */
	run(context: CommandContext, input: CommandInput<Flags>): Promise<number | undefined> | Promise<void>;
}

export interface CommandInput<Flags extends readonly Flag[]> {
	readonly flags: FlagValues<Flags>;
	/** Names of the flags that were given. */
	readonly given: ReadonlySet<string>;
	readonly arguments: readonly string[];
}

/** Infers the types of the flags' values from their table. */
export function defineCommand<const Flags extends readonly Flag[]>(command: Command<Flags>): Command {
	return command as unknown as Command;
}
