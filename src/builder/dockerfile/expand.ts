import { replaceGlob, trimEnd, trimStart } from "./glob.ts";

/**
 * Variables in words, as the Dockerfile reference has them ("Environment replacement"): `$name`, `${name}` and the
 * modifiers `:-` `-` `:+` `+` `:?` `?` `#` `##` `%` `%%` `/` `//`, in single and double quotes and with escapes.
 */
export interface ExpandOptions {
	readonly escapeToken: string;
	/** Quotes stay, as in a here-document. */
	readonly rawQuotes?: boolean;
	/** Names that no variable has are left as they stand. */
	readonly keepUnset?: boolean;
}

export interface Expanded {
	readonly text: string;
	/** Split at white space that is in no quotes: a value with blanks gives several. */
	readonly words: readonly string[];
	/** Names that were used and have no value. */
	readonly unset: ReadonlySet<string>;
	/** Names that were used. */
	readonly used: ReadonlySet<string>;
}

export type Variables = ReadonlyMap<string, string>;

/** Throws a plain Error for syntax that cannot be read, and for `${name:?text}` without a value. */
export function expand(text: string, variables: Variables, options: ExpandOptions): Expanded {
	const lexer = new Lexer(text, variables, options);
	const result = lexer.run();
	return { ...result, unset: lexer.unset, used: lexer.used };
}

const maxLength = 1 << 20;
const maxMatched = 4096;

class Lexer {
	readonly unset = new Set<string>();
	readonly used = new Set<string>();
	readonly #text: string;
	readonly #variables: Variables;
	readonly #options: ExpandOptions;
	#at = 0;
	#words: string[] = [];
	#word = "";
	#inWord = false;

	constructor(text: string, variables: Variables, options: ExpandOptions) {
		this.#text = text;
		this.#variables = variables;
		this.#options = options;
	}

	run(): { text: string; words: string[] } {
		const text = this.#until("", true);
		if (this.#inWord) this.#words.push(this.#word);
		return { text, words: this.#words };
	}

	/** Expands up to one of the end characters, which stays unread. */
	#until(ends: string, isTop: boolean): string {
		let result = "";
		const add = (piece: string, splits: boolean) => {
			result += piece;
			if (result.length > maxLength)
				throw new Error("a word is longer than 1 MiB when its variables are filled in");
			if (isTop) this.#collect(piece, splits);
		};
		while (this.#at < this.#text.length) {
			const character = this.#text[this.#at]!;
			if (ends.includes(character)) break;
			if (character === "'") add(this.#singleQuoted(), false);
			else if (character === '"') add(this.#doubleQuoted(), false);
			else if (character === "$") add(this.#dollar(), true);
			else if (character === this.#options.escapeToken) add(this.#escaped(), false);
			else {
				this.#at++;
				add(character, true);
			}
		}
		return result;
	}

	#collect(piece: string, splits: boolean): void {
		if (!splits) {
			this.#word += piece;
			this.#inWord = true;
			return;
		}
		for (const character of piece) {
			if (!/\s/.test(character)) {
				this.#word += character;
				this.#inWord = true;
			} else if (this.#inWord) {
				this.#words.push(this.#word);
				this.#word = "";
				this.#inWord = false;
			}
		}
	}

	#escaped(): string {
		const next = this.#text[this.#at + 1];
		this.#at += next === undefined ? 1 : 2;
		if (next === undefined) return this.#options.rawQuotes ? this.#options.escapeToken : "";
		return this.#options.rawQuotes && next !== "$" ? this.#options.escapeToken + next : next;
	}

	#singleQuoted(): string {
		const end = this.#text.indexOf("'", this.#at + 1);
		if (this.#options.rawQuotes) {
			this.#at++;
			return "'";
		}
		if (end < 0) throw new Error("unexpected end of statement while looking for matching single-quote");
		const inside = this.#text.slice(this.#at + 1, end);
		this.#at = end + 1;
		return inside;
	}

	#doubleQuoted(): string {
		this.#at++;
		if (this.#options.rawQuotes) return '"';
		let result = "";
		for (;;) {
			const character = this.#text[this.#at];
			if (character === undefined)
				throw new Error("unexpected end of statement while looking for matching double-quote");
			if (character === '"') break;
			if (character === "$") result += this.#dollar();
			else if (character === this.#options.escapeToken) result += this.#escapedInQuotes();
			else {
				result += character;
				this.#at++;
			}
		}
		this.#at++;
		return result;
	}

	/** In double quotes only these lose their escape. */
	#escapedInQuotes(): string {
		const { escapeToken } = this.#options;
		const next = this.#text[this.#at + 1] ?? "";
		this.#at += 2;
		return next === '"' || next === "$" || next === escapeToken ? next : escapeToken + next;
	}

	#dollar(): string {
		this.#at++;
		if (this.#text[this.#at] !== "{") {
			const name = this.#name();
			return name === "" ? "$" : this.#value(name, `$${name}`);
		}
		const start = this.#at - 1;
		this.#at++;
		const name = this.#name();
		if (name === "") throw new Error(`bad substitution: ${this.#text.slice(start)}`);
		const result = this.#modified(name, start);
		if (this.#text[this.#at] !== "}") throw new Error("syntax error: missing '}'");
		this.#at++;
		return result ?? this.#value(name, this.#text.slice(start, this.#at));
	}

	#name(): string {
		const match = /^(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-])/.exec(
			this.#text.slice(this.#at, this.#at + 1024),
		);
		const name = match?.[0] ?? "";
		this.#at += name.length;
		return name;
	}

	/** The value with what follows the name in braces; `undefined` when nothing does. */
	#modified(name: string, start: number): string | undefined {
		const next = this.#text[this.#at];
		if (next === "}") return undefined;
		const value = this.#variables.get(name);
		this.used.add(name);
		if (next === ":" || next === "-" || next === "+" || next === "?")
			return this.#conditional(name, value, start);
		if (next === "#" || next === "%") return this.#trimmed(value ?? "", next);
		if (next === "/") return this.#replaced(value ?? "");
		throw new Error(`unsupported modifier (${next ?? ""}) in substitution`);
	}

	#conditional(name: string, value: string | undefined, start: number): string {
		const countsEmpty = this.#text[this.#at] === ":";
		if (countsEmpty) this.#at++;
		const kind = this.#text[this.#at++];
		if (kind !== "-" && kind !== "+" && kind !== "?")
			throw new Error(`unsupported modifier (${countsEmpty ? ":" : ""}${kind ?? ""}) in substitution`);
		const other = this.#until("}", false);
		const isSet = value !== undefined && !(countsEmpty && value === "");
		if (kind === "-") return isSet ? value! : other;
		if (kind === "+") return isSet ? other : "";
		if (isSet) return value!;
		const text = other === "" ? "is not allowed to be unset" : other;
		throw new Error(`${name}: ${text} (${this.#text.slice(start, this.#at + 1)})`);
	}

	#trimmed(value: string, side: "#" | "%"): string {
		this.#at++;
		const isGreedy = this.#text[this.#at] === side;
		if (isGreedy) this.#at++;
		const pattern = this.#until("}", false);
		assertShort(value);
		return side === "#" ? trimStart(value, pattern, isGreedy) : trimEnd(value, pattern, isGreedy);
	}

	#replaced(value: string): string {
		this.#at++;
		const isAll = this.#text[this.#at] === "/";
		if (isAll) this.#at++;
		const pattern = this.#until("/}", false);
		if (this.#text[this.#at] !== "/") throw new Error("syntax error: missing '/' in substitution");
		this.#at++;
		const replacement = this.#until("}", false);
		if (pattern === "") return value;
		assertShort(value);
		return replaceGlob(value, pattern, { by: replacement, isAll });
	}

	#value(name: string, written: string): string {
		this.used.add(name);
		const value = this.#variables.get(name);
		if (value !== undefined) return value;
		this.unset.add(name);
		return this.#options.keepUnset ? written : "";
	}
}

/** Matching takes time that grows with the square of the value. */
function assertShort(value: string): void {
	if (value.length > maxMatched)
		throw new Error(`a value that is matched is longer than ${maxMatched} characters`);
}
