import { afterEach, beforeEach, expect, test } from "bun:test";
import {
	appendFileSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	renameSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { type LogsRequest, readLogs } from "./read.ts";

let root: string;
let path: string;
let endRun: () => void;
let container: Container;

beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), "hull-logs-"));
	mkdirSync(join(root, "containers/c"), { recursive: true });
	path = join(root, "containers/c/c-json.log");
	const { promise, resolve } = Promise.withResolvers<void>();
	endRun = resolve;
	const record = {
		id: "c",
		name: "c",
		hostConfig: {},
		config: {},
		image: { id: "sha256:1", reference: "i" },
	};
	container = { id: "c", record, run: { ended: promise } } as unknown as Container;
});
afterEach(() => rmSync(root, { recursive: true }));

const second = (n: number) => `2026-01-01T00:00:${String(n % 60).padStart(2, "0")}.5Z`;
const line = (n: number, stream = "stdout") =>
	`${JSON.stringify({ log: `line ${n}\n`, stream, time: second(n) })}\n`;
const lines = (from: number, to: number) => {
	let text = "";
	for (let n = from; n < to; n++) text += line(n);
	return text;
};
const all: LogsRequest = { stdout: true, stderr: true, follow: false, timestamps: false, details: false };

async function read(request: Partial<LogsRequest>, onChunk?: (text: string) => void): Promise<string> {
	let text = "";
	const context = { dataRoot: root, runRoot: root } as Context;
	for await (const { data } of readLogs(context, container, { ...all, ...request })) {
		text += Buffer.from(data).toString();
		onChunk?.(text);
	}
	return text;
}

const plain = (from: number, to: number) =>
	Array.from({ length: to - from }, (_, i) => `line ${from + i}\n`).join("");

test("rotated files come first, compressed ones too", async () => {
	writeFileSync(`${path}.2.gz`, gzipSync(lines(0, 10)));
	writeFileSync(`${path}.1`, lines(10, 20));
	writeFileSync(path, lines(20, 30));
	expect(await read({})).toBe(plain(0, 30));
});

test("a tail reaches back over rotated files, and no further than asked", async () => {
	writeFileSync(`${path}.1`, lines(0, 10_000));
	writeFileSync(path, lines(10_000, 10_003));
	expect(await read({ tail: 2 })).toBe(plain(10_001, 10_003));
	expect(await read({ tail: 3 })).toBe(plain(10_000, 10_003));
	expect(await read({ tail: 5000 })).toBe(plain(5003, 10_003));
	expect(await read({ tail: 99_999 })).toBe(plain(0, 10_003));
	expect(await read({ tail: 0 })).toBe("");
});

test("since and until are inclusive, streams are told apart, timestamps have nine digits", async () => {
	writeFileSync(path, lines(0, 5) + line(5, "stderr"));
	const at = (n: number) => BigInt(Date.parse(second(n))) * 1_000_000n;
	expect(await read({ since: at(1), until: at(3) })).toBe(plain(1, 4));
	expect(await read({ stdout: false })).toBe("line 5\n");
	expect(await read({ tail: 1, timestamps: true })).toBe("2026-01-01T00:00:05.500000000Z line 5\n");
});

test("details come before the text", async () => {
	writeFileSync(
		path,
		`${JSON.stringify({ log: "x\n", stream: "stdout", attrs: { b: "2 3", a: "1" }, time: second(0) })}\n`,
	);
	expect(await read({ details: true })).toBe("a=1,b=2%203 x\n");
});

test("a line longer than any buffer, and a half-written last line", async () => {
	const long = "x".repeat(3_000_000);
	writeFileSync(
		path,
		`${JSON.stringify({ log: long, stream: "stdout", time: second(0) })}\n${line(1)}{"log":"ha`,
	);
	expect(await read({})).toBe(`${long}line 1\n`);
});

test("following loses and repeats nothing while a fast writer rotates, and ends with the run", async () => {
	writeFileSync(path, lines(0, 100));
	const total = 20_000;
	let seen = "";
	const reading = read({ follow: true }, (text) => (seen = text));
	for (let n = 100; n < total; n += 100) {
		appendFileSync(path, lines(n, n + 100));
		if (n % 1000 === 0) rotate(3);
		// What is rotated away before it is read is gone for everybody: the writer is at most one file ahead.
		while (seen.split("\n").length < n - 1500) await new Promise(setImmediate);
	}
	endRun();
	const text = await reading;
	const numbers = text
		.trimEnd()
		.split("\n")
		.map((entry) => Number(entry.slice(5)));
	expect(numbers.at(-1)).toBe(total - 1);
	expect(new Set(numbers).size).toBe(numbers.length);
	expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
	expect(numbers.length).toBe(total);
});

test("following shows each line when it is written, also before the first one", async () => {
	const seen: string[] = [];
	const reading = read({ follow: true }, (text) => {
		seen.push(text);
		if (text === "line 0\n") appendFileSync(path, line(1));
		if (text === "line 0\nline 1\n") endRun();
	});
	writeFileSync(path, line(0));
	expect(await reading).toBe("line 0\nline 1\n");
	expect(seen.length).toBe(2);
});

test("following ends when its time is over", async () => {
	writeFileSync(path, lines(0, 2));
	expect(await read({ follow: true, until: BigInt(Date.now() + 50) * 1_000_000n })).toBe(plain(0, 2));
});

function rotate(files: number): void {
	for (let n = files - 1; n >= 1; n--) {
		const from = n === 1 ? path : `${path}.${n - 1}`;
		if (existsSync(from)) renameSync(from, `${path}.${n}`);
	}
	if (!existsSync(path)) writeFileSync(path, "");
	readFileSync(path);
}

test("without follow, what is written while the log is read is left out, so that reading ends", async () => {
	writeFileSync(path, lines(0, 5));
	let written = 5;
	const onChunk = () => appendFileSync(path, line(written++));
	expect(await read({}, onChunk)).toBe(plain(0, 5));
	expect(await read({ tail: 3 }, onChunk)).toBe(plain(7, 10));
});
