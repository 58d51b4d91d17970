import { randomInt } from "node:crypto";
import { EngineError } from "../../lib/index.ts";
import type { Registry } from "../registry.ts";
import { adjectives, surnames } from "./name-words.ts";

const nameGrammar = "[a-zA-Z0-9][a-zA-Z0-9_.-]";
const namePattern = new RegExp(`^${nameGrammar}+$`);

/** The name of a request without its leading slash. Errors: `invalid_argument` with Docker's text. */
export function parseContainerName(text: string): string {
	const name = text.startsWith("/") ? text.slice(1) : text;
	if (!namePattern.test(name)) {
		throw new EngineError(
			"invalid_argument",
			`Invalid container name (${text}), only ${nameGrammar} are allowed`,
		);
	}
	return name;
}

/** An `adjective_surname` that nobody has; with a digit, then with a part of the id, when those run out. */
export function inventName(registry: Pick<Registry, "isNameTaken">, id: string): string {
	for (let attempt = 0; attempt < 6; attempt++) {
		const words = `${pick(adjectives)}_${pick(surnames)}`;
		const name = attempt === 0 ? words : `${words}${randomInt(10)}`;
		if (!registry.isNameTaken(name)) return name;
	}
	return id.slice(0, 12);
}

function pick(words: readonly string[]): string {
	return words[randomInt(words.length)]!;
}
