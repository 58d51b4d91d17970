import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { pipeThrough } from "./pipe-through.ts";

async function* pieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
	for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
}

test("a stream goes through a program whole", async () => {
	const bytes = randomBytes(8 * 1024 * 1024);
	const piped = pipeThrough(["cat"], pieces(bytes))!;
	expect(Buffer.concat(await Array.fromAsync(piped)).equals(bytes)).toBe(true);
	expect(await piped.result()).toEqual({ exitCode: 0, stderr: "" });
});

test("what a program says when it fails is known", async () => {
	const piped = pipeThrough(["xz", "-dc"], pieces(randomBytes(1_000_000)))!;
	await Array.fromAsync(piped);
	const { exitCode, stderr } = await piped.result();
	expect(exitCode).not.toBe(0);
	expect(stderr).toContain("not recognized");
});

test("an error of the source reaches the reader, and a reader that stops ends the program", async () => {
	async function* broken() {
		yield Buffer.from("1");
		throw new Error("lost");
	}
	await expect(Array.fromAsync(pipeThrough(["cat"], broken())!)).rejects.toThrow("lost");
	const endless = pipeThrough(["sh", "-c", "while :; do echo; done"], pieces(Buffer.alloc(0)))!;
	for await (const _ of endless) break;
	expect((await endless.result()).exitCode).not.toBe(0);
	expect(pipeThrough(["hull-no-such-program"], pieces(Buffer.alloc(0)))).toBeUndefined();
});
