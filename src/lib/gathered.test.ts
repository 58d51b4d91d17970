import { expect, test } from "bun:test";
import { gathered } from "./gathered.ts";

test("small pieces come together, large ones as they are, all in their order", async () => {
	const sizes = [1, 2, 3, 4, 8, 1, 20, 3, 0, 5, 5];
	let next = 0;
	const pieces = sizes.map((size) => Uint8Array.from({ length: size }, () => next++));
	async function* source() {
		// The source uses its buffer again.
		for (const piece of pieces) {
			const buffer = piece.slice();
			yield buffer;
			if (buffer.length < 8) buffer.fill(255);
		}
	}
	const taken = await Array.fromAsync(gathered(source(), 8));
	expect(taken.map(({ length }) => length)).toEqual([6, 4, 8, 1, 20, 8, 5]);
	expect(Buffer.concat(taken)).toEqual(Buffer.concat(pieces));
	expect(await Array.fromAsync(gathered((async function* () {})(), 8))).toEqual([]);
});

test("a source that fails fails whoever takes", async () => {
	async function* source() {
		yield Uint8Array.of(1);
		throw new Error("gone");
	}
	await expect(Array.fromAsync(gathered(source(), 8))).rejects.toThrow("gone");
});
