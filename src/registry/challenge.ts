/** One challenge of a `WWW-Authenticate` header. https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1 */
export interface Challenge {
	/** Lower case: `bearer`, `basic`. */
	readonly scheme: string;
	readonly parameters: ReadonlyMap<string, string>;
}

const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const quoted = /"((?:[^"\\]|\\.)*)"/y;
const token68 = /[A-Za-z0-9._~+/-]+=*(?=\s*(?:,|$))/y;
const separator = /[\s,]*/y;
const equals = /\s*=\s*/y;

/** Reads all challenges of the header. What it does not understand ends the reading; nothing is thrown. */
export function parseChallenges(header: string): Challenge[] {
	const challenges: Challenge[] = [];
	let at = 0;
	const take = (pattern: RegExp): RegExpExecArray | null => {
		pattern.lastIndex = at;
		const match = pattern.exec(header);
		if (match !== null) at = pattern.lastIndex;
		return match;
	};
	let parameters: Map<string, string> | undefined;
	for (;;) {
		take(separator);
		const name = take(token)?.[0];
		if (name === undefined) return challenges;
		const beforeEquals = at;
		if (parameters !== undefined && take(equals) !== null) {
			const text = take(quoted);
			const value = text === null ? take(token)?.[0] : text[1]!.replace(/\\(.)/g, "$1");
			if (value === undefined) return challenges;
			parameters.set(name.toLowerCase(), value);
			continue;
		}
		at = beforeEquals;
		parameters = new Map();
		challenges.push({ scheme: name.toLowerCase(), parameters });
		if (!/\s/.test(header[at] ?? "")) continue;
		take(/\s+/y);
		// `Basic abc==`: credentials-like data instead of parameters.
		const start = at;
		if (take(token68) !== null && /^[A-Za-z0-9_-]+=[^=]/.test(header.slice(start))) at = start;
	}
}
