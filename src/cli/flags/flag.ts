/**
 * Flags as data: one table per command gives parsing, help and completion.
 */
export type Flag = SwitchFlag | TextFlag | ListFlag;

interface FlagBase {
	/** Without dashes: `detach-keys`. */
	readonly name: string;
	/** One letter: `d` for `-d`. */
	readonly short?: string;
	/** Other spellings that are accepted and not shown. */
	readonly aliases?: readonly string[];
	readonly help: string;
	readonly completes?: Completion;
}

/** `--rm`, `--rm=false`. */
export interface SwitchFlag extends FlagBase {
	readonly kind: "switch";
	/** False when absent. */
	readonly default?: boolean;
}

/** `--name web`; given twice, the last one counts. */
export interface TextFlag extends FlagBase {
	readonly kind: "text";
	/** The value's word in help: `string`, `bytes`. */
	readonly word?: string;
	/** Checks and converts; its error says why. */
	readonly parse?: (text: string) => unknown;
	/** Shown in help; what applies it is the command or the engine. */
	readonly default?: string;
	readonly choices?: readonly string[];
}

/** `-e A=1 -e B=2`. */
export interface ListFlag extends FlagBase {
	readonly kind: "list";
	readonly word?: string;
	readonly parse?: (text: string) => unknown;
}

/** What shells offer for a value or an argument. */
export type Completion =
	| "container"
	| "running-container"
	| "stopped-container"
	| "image"
	| "volume"
	| "network"
	| "snapshot"
	| "volume-snapshot"
	| "secret"
	| "config"
	| "file"
	| "folder"
	| "signal"
	| "platform"
	| "none";

/** Values by the flag's name. Texts are `undefined` when not given, lists empty. */
export type FlagValues<Flags extends readonly Flag[]> = {
	readonly [F in Flags[number] as F["name"]]: FlagValue<F>;
};

type FlagValue<F extends Flag> = F extends { readonly kind: "switch" }
	? boolean
	: F extends { readonly kind: "list" }
		? readonly Converted<F>[]
		: Converted<F> | undefined;

type Converted<F> = F extends { readonly parse: (text: string) => infer Value } ? Value : string;

/** How the user may write the flag, for messages: `-m, --memory`. */
export function flagTitle(flag: Flag): string {
	return flag.short === undefined ? `--${flag.name}` : `-${flag.short}, --${flag.name}`;
}
