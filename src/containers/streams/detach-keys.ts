import { EngineError } from "../../lib/index.ts";

const defaultKeys = "ctrl-p,ctrl-q";

/** Bytes of a sequence like `ctrl-p,ctrl-q` or `a,b`. Errors: `invalid_argument` with Docker's text. */
export function parseDetachKeys(text: string): Uint8Array {
	const keys = (text || defaultKeys).split(",").map((key) => byteOf(key, text));
	return Uint8Array.from(keys);
}

/**
 * Looks for the detach keys in what a terminal's user types. What could be their beginning is held back until the
 * next byte decides.
 */
export interface DetachScanner {
	/** The bytes to pass on; `detached` when the sequence is complete (what follows it is dropped). */
	scan(data: Uint8Array): { readonly pass: Uint8Array; readonly detached: boolean };
}

export function createDetachScanner(keys: Uint8Array): DetachScanner {
	let matched = 0;
	return {
		scan(data) {
			// Nothing held back and the first key not in sight: the usual case costs one search.
			if (matched === 0 && !data.includes(keys[0]!)) return { pass: data, detached: false };
			const pass: number[] = [];
			for (const byte of data) {
				if (byte === keys[matched]) {
					matched++;
					if (matched === keys.length) return { pass: Uint8Array.from(pass), detached: true };
					continue;
				}
				for (let i = 0; i < matched; i++) pass.push(keys[i]!);
				matched = byte === keys[0] ? 1 : 0;
				if (matched === 0) pass.push(byte);
			}
			return { pass: Uint8Array.from(pass), detached: false };
		},
	};
}

function byteOf(key: string, text: string): number {
	if (key.length === 1 && key.charCodeAt(0) < 128) return key.charCodeAt(0);
	const control = /^ctrl-([a-zA-Z@[\\\]^_])$/.exec(key);
	if (control !== null) return control[1]!.toUpperCase().charCodeAt(0) & 0x1f;
	throw new EngineError("invalid_argument", `Invalid detach keys (${text}) provided`);
}
