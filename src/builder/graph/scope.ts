import type { Argument } from "../dockerfile/commands.ts";
import { DockerfileError, type SourceRange } from "../dockerfile/error.ts";
import { type Expanded, expand } from "../dockerfile/expand.ts";

/** Arguments that need no ARG, and do not show in the history. Dockerfile reference, "Predefined ARGs". */
export const predefinedArguments = [
	"HTTP_PROXY",
	"HTTPS_PROXY",
	"FTP_PROXY",
	"NO_PROXY",
	"ALL_PROXY",
].flatMap((name) => [name, name.toLowerCase()]);

/**
 * The variables of a stage, as they stand at one instruction: environment before arguments. Dockerfile reference,
 * "Scope" and "Using ARG variables".
 */
export interface Scope {
	readonly env: Map<string, string>;
	/** Declared so far. */
	readonly args: Map<string, string>;
	readonly escapeToken: string;
}

/** Fills a word in. Errors: {@link DockerfileError}. */
export function fillIn(
	scope: Scope,
	text: string,
	at: { readonly range: SourceRange; readonly onUnset?: (name: string) => void },
): string {
	return expandIn(scope, text, at).text;
}

/** The same for what may become several words, or none. */
export function fillInWords(
	scope: Scope,
	text: string,
	at: { readonly range: SourceRange; readonly onUnset?: (name: string) => void },
): readonly string[] {
	return expandIn(scope, text, at).words;
}

function expandIn(
	{ env, args, escapeToken }: Scope,
	text: string,
	at: { readonly range: SourceRange; readonly onUnset?: (name: string) => void },
): Expanded {
	if (!/[$'"]/.test(text) && !text.includes(escapeToken)) return plain(text);
	try {
		const expanded = expand(text, new Map([...args, ...env]), { escapeToken });
		for (const name of expanded.unset) at.onUnset?.(name);
		return expanded;
	} catch (error) {
		throw new DockerfileError(`failed to process ${JSON.stringify(text)}: ${(error as Error).message}`, {
			range: at.range,
			word: text,
		});
	}
}

function plain(text: string): Expanded {
	const words = text.split(/\s+/).filter((word) => word !== "");
	return { text, words, unset: new Set(), used: new Set() };
}

/** Declares arguments: what the build was given, else the default, else what the Dockerfile's head says. */
export function declareArguments(
	scope: Scope,
	declared: readonly Argument[],
	from: {
		readonly given: ReadonlyMap<string, string | undefined>;
		/** Before the first FROM; and those of the platform. */
		readonly global: ReadonlyMap<string, string>;
		readonly range: SourceRange;
	},
): void {
	for (const { key, value } of declared) {
		const given = from.given.get(key);
		if (given !== undefined) scope.args.set(key, given);
		else if (value !== undefined) scope.args.set(key, fillIn(scope, value, { range: from.range }));
		else if (from.global.has(key)) scope.args.set(key, from.global.get(key)!);
	}
}
