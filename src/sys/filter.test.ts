import { afterAll, expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, readdirSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startFilter } from "./filter.ts";
import { spawnWorker } from "./worker.ts";

const folder = mkdtempSync(join(tmpdir(), "hull-sys-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "input"), "hello");

test("a filter's output is read from its descriptor, its errors and exit code with its result", async () => {
	const input = openSync(join(folder, "input"), "r");
	const filter = startFilter(["sh", "-c", "tr a-z A-Z; echo oops >&2; exit 3"], input)!;
	const bytes = Buffer.alloc(100);
	let text = "";
	for (let length = 1; length > 0; text += bytes.toString("latin1", 0, length)) {
		length = readSync(filter.fd, bytes);
	}
	closeSync(filter.fd);
	closeSync(input);
	expect(text).toBe("HELLO");
	expect(await filter.result()).toEqual({ exitCode: 3, stderr: "oops\n" });
});

test("a filter that is not installed is none, and leaves no descriptor", () => {
	const input = openSync(join(folder, "input"), "r");
	const before = readdirSync("/proc/self/fd").length;
	expect(startFilter(["no-such-program"], input)).toBeUndefined();
	expect(readdirSync("/proc/self/fd").length).toBeLessThanOrEqual(before);
	closeSync(input);
});

test("a worker has its streams apart and says how it ended", async () => {
	const worker = spawnWorker(["sh", "-c", "cat; echo control >&3; exit 7"], { input: true, output: true });
	worker.input!.end("through");
	expect(await textOf(worker.output!)).toBe("through");
	expect(await textOf(worker.control)).toBe("control\n");
	expect(await worker.exited).toBe(7);
});

test("a killed worker ends with 128 + 9", async () => {
	const worker = spawnWorker(["sleep", "60"], { input: false, output: false });
	expect(worker.input).toBeUndefined();
	worker.kill();
	expect(await worker.exited).toBe(137);
	worker.control.destroy();
});

test("a worker that cannot be started leaves no descriptor", () => {
	const before = readdirSync("/proc/self/fd").length;
	expect(() => spawnWorker(["/no/such/program"], { input: true, output: true })).toThrow("ENOENT");
	expect(readdirSync("/proc/self/fd").length).toBeLessThanOrEqual(before);
});

async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
	let text = "";
	for await (const chunk of stream) text += Buffer.from(chunk).toString();
	return text;
}
