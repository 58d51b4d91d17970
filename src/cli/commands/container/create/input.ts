import type { CommandInput } from "../../../flags/command.ts";
import type { createFlags } from "./flags.ts";

export type CreateInput = CommandInput<typeof createFlags>;

/** What the mapping needs from outside the command line. */
export interface ClientFolder {
	readonly cwd: string;
	lookup(name: string): string | undefined;
	/** Content of a file; its error says which. */
	readFile(path: string): Uint8Array;
}
