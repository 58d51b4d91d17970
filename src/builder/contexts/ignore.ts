import { EngineError } from "../../lib/index.ts";
import { type PathPattern, parsePathPattern } from "./path-pattern.ts";

/** What a `.dockerignore` leaves out of a context. https://docs.docker.com/build/concepts/context/#dockerignore-files */
export interface IgnoreRules {
	/** Whether a path (no leading slash) is left out: the last rule that fits it, or a folder above it, decides. */
	ignores(path: string): boolean;
	/** Whether a folder that is left out may have something in it that is not. */
	mayHoldKept(folder: string): boolean;
}

interface Rule {
	readonly keeps: boolean;
	readonly pattern: PathPattern;
	/** As written, cleaned. */
	readonly text: string;
}

const maxRules = 100_000;

/** Errors: `invalid_argument` with the line for a pattern that cannot be read. */
export function parseIgnoreFile(text: string): IgnoreRules {
	const rules: Rule[] = [];
	for (const [index, raw] of text
		.replace(/^\uFEFF/, "")
		.split("\n")
		.entries()) {
		if (raw.startsWith("#")) continue;
		const line = raw.trim();
		if (line === "") continue;
		if (rules.length === maxRules)
			throw new EngineError("invalid_argument", `.dockerignore: more than ${maxRules} patterns`);
		rules.push(parseRule(line, index + 1));
	}
	return ignoreRules(rules);
}

/** The same rules from a list, as `--exclude` has them. */
export function excludeRules(patterns: readonly string[]): IgnoreRules {
	return ignoreRules(patterns.map((pattern) => parseRule(pattern, 0)));
}

function parseRule(line: string, number: number): Rule {
	const keeps = line.startsWith("!");
	const text = cleanPath((keeps ? line.slice(1) : line).trim());
	if (text === "" && keeps)
		throw new EngineError("invalid_argument", `.dockerignore line ${number}: illegal exclusion pattern: "!"`);
	return { keeps, text, pattern: parsePathPattern(text) };
}

/** `./a//b/../c/` → `a/c`; what leads out stays inside. */
export function cleanPath(path: string): string {
	const parts: string[] = [];
	for (const part of path.split("/")) {
		if (part === "" || part === ".") continue;
		if (part === "..") parts.pop();
		else parts.push(part);
	}
	return parts.join("/");
}

function ignoreRules(rules: readonly Rule[]): IgnoreRules {
	const hasKept = rules.some(({ keeps }) => keeps);
	return {
		ignores(path) {
			const above = folders(path);
			let ignored = false;
			for (const { keeps, pattern, text } of rules) {
				if (keeps !== ignored) continue;
				if (text === "" || pattern.matches(path) || above.some((folder) => pattern.matches(folder)))
					ignored = !keeps;
			}
			return ignored;
		},
		mayHoldKept(folder) {
			return hasKept && rules.some(({ keeps, text }) => keeps && mayBeBelow(text, folder));
		},
	};
}

function folders(path: string): string[] {
	const found: string[] = [];
	for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) found.push(path.slice(0, at));
	return found;
}

/** Up to its first wildcard a pattern says where it may match. */
function mayBeBelow(pattern: string, folder: string): boolean {
	const fixed = /^[^*?[\\]*/.exec(pattern)![0];
	return fixed.startsWith(`${folder}/`) || `${folder}/`.startsWith(fixed);
}
