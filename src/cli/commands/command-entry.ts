import type { Command } from "../flags/command.ts";

/** A command's place: its names (the first is shown), what it is for, and the module that has it. */
export interface CommandEntry {
	readonly names: readonly string[];
	readonly summary: string;
	load(): Promise<{ readonly command: Command }>;
}

export interface CommandGroup {
	readonly names: readonly string[];
	readonly summary: string;
	readonly commands: readonly CommandEntry[];
	/** Groups inside of it: `hull volume snapshot ls`. */
	readonly groups?: readonly CommandGroup[];
}
