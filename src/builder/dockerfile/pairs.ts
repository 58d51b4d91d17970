import type { Argument, Pair } from "./commands.ts";
import type { Refuse } from "./refuse.ts";
import { splitWords } from "./words.ts";

/** `key=value …`, or the older `key value` of one pair. */
export function parsePairs(
	name: string,
	rest: string,
	how: { readonly escapeToken: string; readonly refuse: Refuse },
): Pair[] {
	const words = splitWords(rest, how.escapeToken);
	const [first] = words;
	if (first === undefined) return how.refuse(`${name} requires at least one argument`, name);
	if (!first.includes("=")) {
		const match = /^(\S+)\s+(.+)$/s.exec(rest);
		if (match === null) return how.refuse(`${name} must have two arguments`, first);
		return [{ key: match[1]!, value: match[2]! }];
	}
	return words.map((word) => {
		const equals = word.indexOf("=");
		if (equals < 0)
			return how.refuse(
				`syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`,
				word,
			);
		if (equals === 0) return how.refuse(`${name} names can not be blank`, word);
		return { key: word.slice(0, equals), value: word.slice(equals + 1) };
	});
}

/** `ARG name[=default] …`. */
export function parseArguments(
	rest: string,
	how: { readonly escapeToken: string; readonly refuse: Refuse; readonly comment: string },
): Argument[] {
	const words = splitWords(rest, how.escapeToken);
	if (words.length === 0) return how.refuse("ARG requires at least one argument", "ARG");
	return words.map((word) => {
		const equals = word.indexOf("=");
		const key = equals < 0 ? word : word.slice(0, equals);
		if (key === "") return how.refuse("ARG names can not be blank", word);
		const told = how.comment.startsWith(`${key} `) ? { comment: how.comment.slice(key.length + 1) } : {};
		return { key, ...(equals < 0 ? {} : { value: word.slice(equals + 1) }), ...told };
	});
}
