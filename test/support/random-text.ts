/** Random texts for parsers, from a seed that a failure prints and `FUZZ_SEED` sets. */
import { EngineError } from "../../src/lib/index.ts";

export const seed = Number(process.env["FUZZ_SEED"] ?? 20261124);

/** Throws unless the parser gives a value or an EngineError. */
export function expectSound(parse: (text: string) => unknown, text: string): void {
	try {
		parse(text);
	} catch (error) {
		if (error instanceof EngineError) return;
		throw new Error(`seed ${seed}: ${JSON.stringify(text.slice(0, 200))} threw ${error}`, { cause: error });
	}
}

const alphabet = "aAzZ019.,:;=-+/\\\"'[]{}()%*#~ \t\r\n\0\u00e9\u20ac\ud83d\udc33_eEmkgtTzZinf";

/** A sample with some characters changed, left out, doubled or put in, or nothing but noise. */
export function mutate(random: () => number, samples: readonly string[]): string {
	const characters = [...(random() < 0.15 ? "" : samples[Math.floor(random() * samples.length)]!)];
	const changes = 1 + Math.floor(random() * 6);
	for (let i = 0; i < changes; i++) {
		const at = Math.floor(random() * (characters.length + 1));
		const letter = alphabet[Math.floor(random() * alphabet.length)]!;
		const kind = random();
		if (kind < 0.3) characters.splice(at, 1);
		else if (kind < 0.6) characters.splice(at, 1, letter);
		else if (kind < 0.9) characters.splice(at, 0, letter);
		else characters.splice(at, 0, ...characters.slice(at));
	}
	return characters.join("");
}

/** A small generator (mulberry32), so that a failure can be had again. */
export function createRandom(start: number): () => number {
	let state = start >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}
