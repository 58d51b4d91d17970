import { afterEach, beforeEach, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestOf } from "../../oci/index.ts";
import type { ContentStore } from "./contract.ts";
import { createContentStore } from "./store.ts";

let root: string;
let content: ContentStore;

beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), "hull-content-"));
	content = createContentStore({ root });
});
afterEach(() => rmSync(root, { recursive: true }));

async function* chunks(...parts: (string | Uint8Array)[]) {
	for (const part of parts) yield Buffer.from(part as string);
}
const nothingKept = () => {
	expect([...content.list()]).toEqual([]);
	expect(readdirSync(join(root, "ingest"))).toEqual([]);
};
const failure = (code: string, message: string) =>
	expect.objectContaining({ code, message: expect.stringContaining(message) });

test("what was written is there under its digest, whole or in part", async () => {
	const { digest, size } = await content.write(chunks("hello ", "world"));
	expect({ digest, size }).toEqual({ digest: digestOf("hello world"), size: 11 });
	expect(content.size(digest)).toBe(11);
	expect(Buffer.from(await content.read(digest)).toString()).toBe("hello world");
	const part = await Array.fromAsync(content.stream(digest, { start: 2, end: 8 }));
	expect(Buffer.concat(part).toString()).toBe("llo wo");
	expect([...content.list()]).toEqual([{ digest, size: 11 }]);
	content.remove(digest);
	content.remove(digest);
	expect(content.has(digest)).toBe(false);
	expect(() => content.path(digest)).toThrow(failure("not_found", digest));
	expect(content.read(digest)).rejects.toThrow(failure("not_found", digest));
});

test("a blob that is there is not read again", async () => {
	const { digest } = await content.put(Buffer.from("x"));
	async function* never(): AsyncIterable<Uint8Array> {
		yield* chunks();
		throw new Error("was read");
	}
	expect(await content.write(never(), { digest })).toEqual({ digest, size: 1 });
});

test("a wrong digest or size keeps nothing", async () => {
	const digest = digestOf("good");
	await expect(content.write(chunks("evil"), { digest })).rejects.toThrow(failure("corrupt", digest));
	await expect(content.write(chunks("good"), { digest, size: 5 })).rejects.toThrow(
		failure("corrupt", "4 bytes"),
	);
	let read = 0;
	async function* endless() {
		for (;;) {
			read++;
			yield Buffer.alloc(1024);
		}
	}
	await expect(content.write(endless(), { digest, size: 2048 })).rejects.toThrow(
		failure("corrupt", "more bytes"),
	);
	expect(read).toBe(3);
	nothingKept();
});

test("limits, cancelling and a failing source keep nothing", async () => {
	await expect(content.write(chunks("12345"), {}, { maxBytes: 4 })).rejects.toThrow(
		failure("too_large", "4"),
	);
	const aborted = AbortSignal.abort();
	await expect(content.write(chunks("1"), {}, { signal: aborted })).rejects.toThrow(failure("cancelled", ""));
	async function* broken() {
		yield Buffer.from("1");
		throw new Error("connection lost");
	}
	await expect(content.write(broken())).rejects.toThrow("connection lost");
	nothingKept();
});

test("parts that a killed daemon left are gone at the next start, blobs stay", async () => {
	const { digest } = await content.put(Buffer.from("x"));
	writeFileSync(join(root, "ingest", "0"), "half a blob");
	const next = createContentStore({ root });
	expect(readdirSync(join(root, "ingest"))).toEqual([]);
	expect(next.has(digest)).toBe(true);
});

test("a blob damaged on disk is corrupt, by its path", async () => {
	const { digest } = await content.put(Buffer.from("x"));
	writeFileSync(content.path(digest), "y");
	await expect(content.read(digest)).rejects.toThrow(failure("corrupt", content.path(digest)));
});

test("many at once of the same bytes leave one blob", async () => {
	const written = await Promise.all(Array.from({ length: 8 }, () => content.write(chunks("same"))));
	expect(new Set(written.map(({ digest }) => digest)).size).toBe(1);
	expect([...content.list()]).toHaveLength(1);
	expect(readdirSync(join(root, "ingest"))).toEqual([]);
});

test("a full disk is no_space, and the part is removed", async () => {
	const small = join(root, "small");
	mkdirSync(small);
	execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", small]);
	try {
		const store = createContentStore({ root: small });
		await expect(store.write(chunks(Buffer.alloc(1024 * 1024)))).rejects.toThrow(
			failure("no_space", "no space"),
		);
		expect(readdirSync(join(small, "ingest"))).toEqual([]);
		await store.put(Buffer.from("fits"));
		execFileSync("mount", ["-o", "remount,ro", small]);
		await expect(store.put(Buffer.from("not"))).rejects.toThrow(failure("read_only", "read-only"));
	} finally {
		execFileSync("umount", [small]);
	}
});
