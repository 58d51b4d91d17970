/** Patterns of names: `*` is anything but a slash, `**` anything. */
import { EngineError } from "../lib/index.ts";
import { canonicalName, parseReference, type Reference } from "../oci/index.ts";

export interface NamePattern {
	/** As the operator wrote it. */
	readonly text: string;
	matches(name: string): boolean;
}

const maxPatternLength = 512;

/** Of names without structure: networks, containers, volumes. Errors: `invalid_argument`. */
export function namePattern(text: string): NamePattern {
	return compile(text, text);
}

/**
 * Of images, read as image names are: `alpine` is `docker.io/library/alpine`, `team/*` is `docker.io/team/*`. Without a
 * tag it matches all tags and digests; with one only that (`app:v*`). Errors: `invalid_argument`.
 */
export function imagePattern(text: string): NamePattern {
	if (text === "**") return compile(text, text);
	const slash = text.indexOf("/");
	const first = slash < 0 ? "" : text.slice(0, slash);
	if (/[.:]/.test(first) || first === "localhost" || first.startsWith("*")) return compile(text, text);
	return compile(text, `docker.io/${slash < 0 ? `library/${text}` : text}`);
}

/** Whether one of the patterns matches an image's name as it stands: a name without a tag only by one without. */
export function matchesImage(patterns: readonly NamePattern[], reference: Reference): boolean {
	const name = canonicalName(reference);
	const { tag } = reference;
	return patterns.some(
		(pattern) => pattern.matches(name) || (tag !== undefined && pattern.matches(`${name}:${tag}`)),
	);
}

/** The same for a canonical name out of a record. */
export function matchesImageName(patterns: readonly NamePattern[], canonical: string): boolean {
	return matchesImage(patterns, parseReference(canonical));
}

export function matchesName(patterns: readonly NamePattern[], name: string): boolean {
	return patterns.some((pattern) => pattern.matches(name));
}

function compile(text: string, pattern: string): NamePattern {
	if (text === "" || text.length > maxPatternLength || /[^\x21-\x7e]/.test(text))
		throw new EngineError("invalid_argument", `invalid pattern ${JSON.stringify(text.slice(0, 80))}`);
	const expression = new RegExp(
		`^${pattern
			.split(/(\*+)/)
			.map((part) =>
				part.startsWith("**") ? ".*" : part === "*" ? "[^/]*" : part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"),
			)
			.join("")}$`,
	);
	return { text, matches: (name) => expression.test(name) };
}
