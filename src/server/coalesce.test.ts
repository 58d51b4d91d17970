import { expect, test } from "bun:test";
import { coalesce } from "./coalesce.ts";

const bytes = (text: string) => [Buffer.from(text)];
const collect = async (source: AsyncIterable<readonly Uint8Array[]>) => {
	const batches: string[] = [];
	for await (const pieces of coalesce(source)) batches.push(Buffer.concat([...pieces]).toString());
	return batches;
};

test("what comes in one go leaves in one go, in order, and nothing is lost", async () => {
	async function* source() {
		for (let i = 0; i < 1000; i++) yield bytes(`${i},`);
		await new Promise(setImmediate);
		yield bytes("late");
	}
	const batches = await collect(source());
	expect(batches.join("")).toBe(`${Array.from({ length: 1000 }, (_, i) => `${i},`).join("")}late`);
	expect(batches.length).toBeLessThan(10);
});

test("a batch has a limit, so that a slow reader slows the source down", async () => {
	let produced = 0;
	async function* source() {
		for (; produced < 100; produced++) yield [Buffer.alloc(64 * 1024)];
	}
	for await (const _ of coalesce(source())) break;
	expect(produced).toBeLessThan(20);
});

test("an error of the source comes after what it gave", async () => {
	async function* source() {
		yield bytes("before");
		throw new Error("broken");
	}
	const seen: string[] = [];
	const reading = (async () => {
		for await (const pieces of coalesce(source())) seen.push(Buffer.concat([...pieces]).toString());
	})();
	await expect(reading).rejects.toThrow("broken");
	expect(seen).toEqual(["before"]);
});

test("leaving early ends the source", async () => {
	let ended = false;
	async function* source() {
		try {
			for (;;) yield [Buffer.alloc(1024 * 1024)];
		} finally {
			ended = true;
		}
	}
	for await (const _ of coalesce(source())) break;
	await new Promise(setImmediate);
	expect(ended).toBe(true);
});
