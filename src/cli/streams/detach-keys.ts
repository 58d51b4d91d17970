import { CommandFailure } from "../failure.ts";

/**
 * Finds the detach keys in what is typed. The engine looks for them too and ends the stream; the client must know
 * itself that it was the keys and not the container's end.
 */
export interface DetachScanner {
	/** What to pass on, and whether the keys are complete; what is held back comes with later keys. */
	push(data: Uint8Array): { readonly pass: Uint8Array; readonly detached: boolean };
}

export const defaultDetachKeys = "ctrl-p,ctrl-q";

/** Bytes of `ctrl-p,ctrl-q`, `ctrl-@`, `x,y`. A {@link CommandFailure} names what is no key. */
export function parseDetachKeys(text: string): Uint8Array {
	return Uint8Array.from(text.split(","), keyByte);
}

const controlSymbols: Readonly<Record<string, number>> = {
	"@": 0,
	"[": 27,
	"\\": 28,
	"]": 29,
	"^": 30,
	_: 31,
};

function keyByte(key: string): number {
	if (key.length === 1) return key.charCodeAt(0);
	const control = /^ctrl-(.)$/.exec(key)?.[1];
	if (control !== undefined && /[a-z]/.test(control)) return control.charCodeAt(0) - 96;
	const symbol = control === undefined ? undefined : controlSymbols[control];
	if (symbol === undefined) throw new CommandFailure(`invalid detach keys: ${JSON.stringify(key)} is no key`);
	return symbol;
}

export function createDetachScanner(keys: Uint8Array): DetachScanner {
	let matched = 0;
	return {
		push(data) {
			const pass: number[] = [];
			for (const byte of data) {
				if (byte !== keys[matched] && matched > 0) {
					pass.push(...keys.subarray(0, matched));
					matched = 0;
				}
				if (byte !== keys[matched]) {
					pass.push(byte);
					continue;
				}
				matched++;
				if (matched === keys.length) return { pass: Uint8Array.from(pass), detached: true };
			}
			return { pass: Uint8Array.from(pass), detached: false };
		},
	};
}
