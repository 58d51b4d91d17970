import { describe, expect, test } from "bun:test";
import {
	copyFileSync,
	createReadStream,
	existsSync,
	mkdirSync,
	readFileSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { allOutput, countBytes, createTask, readLog, runToEnd } from "./running.ts";
import type { Workbench } from "./workbench.ts";

export function logTests(bench: () => Workbench): void {
	describe("log", () => {
		test("one entry a line, in Docker's format", async () => {
			const spec = bench().taskSpec(`printf 'a<b>&"\\\\\\t\\r\\n'; printf 'last' >&2`, {
				log: { attrs: '{"x":"y"}' },
			});
			await runToEnd(bench(), spec);
			const lines = readFileSync(spec.log.path, "utf8").trimEnd().split("\n");
			const time = String.raw`"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z"}$`;
			const head = String.raw`{"log":"a\u003cb\u003e\u0026\"\\\u0009\r\n","stream":"stdout","attrs":{"x":"y"},`;
			const out = lines.find((line) => line.includes('"stdout"'))!;
			expect(out.startsWith(head)).toBe(true);
			expect(out.slice(head.length)).toMatch(new RegExp(`^${time}`));
			const err = lines.find((line) => line.includes('"stderr"'))!;
			expect(err.startsWith('{"log":"last","stream":"stderr","attrs":{"x":"y"},"time":')).toBe(true);
		});

		test("the same bytes as dockerd 20.10 writes for control characters, separators and broken UTF-8", async () => {
			const fixtures = join(import.meta.dirname, "fixtures");
			copyFileSync(join(fixtures, "awkward-output.bin"), join(bench().directory, "tree/awkward"));
			const spec = bench().taskSpec("cat /awkward");
			await runToEnd(bench(), spec);
			const written = readFileSync(spec.log.path, "utf8").replaceAll(/"time":"[^"]*"/g, '"time":""');
			expect(written).toBe(readFileSync(join(fixtures, "awkward-output.log"), "utf8"));
		});

		test("a long line is cut at 16 KiB; its parts carry one time", async () => {
			const spec = bench().taskSpec("head -c 40000 /dev/zero | tr '\\0' 'x'; echo; echo short");
			await runToEnd(bench(), spec);
			const entries = readLog(spec.log.path);
			expect(entries.map((entry) => entry.log.length)).toEqual([16384, 16384, 40000 - 32768 + 1, 6]);
			expect(new Set(entries.slice(0, 3).map((entry) => entry.time)).size).toBe(1);
			expect(entries[1]!.log.endsWith("x")).toBe(true);
			expect(entries[2]!.log.endsWith("x\n")).toBe(true);
		});

		test("rotates by size and keeps as many files as asked", async () => {
			const spec = bench().taskSpec("i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done", {
				log: { maxSizeBytes: 20_000, maxFiles: 3 },
			});
			await runToEnd(bench(), spec);
			const files = [`${spec.log.path}.2`, `${spec.log.path}.1`, spec.log.path];
			const entries = files.flatMap(readLog);
			const first = Number(/\d+/.exec(entries[0]!.log)![0]);
			expect(entries.map((entry) => entry.log)).toEqual(
				Array.from({ length: 2000 - first }, (_, index) => `line ${first + index}\n`),
			);
			expect(existsSync(`${spec.log.path}.3`)).toBe(false);
			for (const file of files.slice(0, 2)) {
				expect(statSync(file).size).toBeGreaterThanOrEqual(20_000);
				expect(statSync(file).size).toBeLessThan(20_200);
			}
		});

		test("a later run continues the file, behind an entry that a crash tore", async () => {
			const spec = bench().taskSpec("echo again", { id: `torn-${process.pid}` });
			mkdirSync(spec.stateDir, { recursive: true });
			writeFileSync(spec.log.path, '{"log":"torn');
			await runToEnd(bench(), spec);
			const lines = readFileSync(spec.log.path, "utf8").split("\n");
			expect(lines[0]).toBe('{"log":"torn');
			expect(JSON.parse(lines[1]!)).toMatchObject({ log: "again\n" });
		});

		test("the driver none leaves no file", async () => {
			const spec = bench().taskSpec("echo unlogged", { log: { driver: "none" } });
			expect((await runToEnd(bench(), spec)).stdout).toBe("unlogged\n");
			expect(existsSync(spec.log.path)).toBe(false);
		});

		test("is complete though an attached client reads nothing at all", async () => {
			const lines = 1_200_000;
			const text = "x".repeat(99);
			const spec = bench().taskSpec(`yes ${text} | head -n ${lines}`, { log: { maxSizeBytes: 0 } });
			const task = await createTask(bench(), spec);
			const stuck = await task.attach(allOutput);
			await task.start();
			expect(await task.wait()).toMatchObject({ exitCode: 0 });
			expect(await countLines(spec.log.path, `{"log":"${text}\\n","stream":"stdout",`)).toBe(lines);
			// More than 64 MiB were waiting for it.
			await expect(countBytes(stuck)).rejects.toMatchObject({ code: "timed_out" });
			await task.delete();
		}, 60_000);

		test("is written though nobody is attached", async () => {
			const spec = bench().taskSpec("seq 1 50000");
			const task = await createTask(bench(), spec);
			await task.start();
			await task.wait();
			await task.delete();
			expect(
				readLog(spec.log.path)
					.map((entry) => entry.log)
					.join(""),
			).toBe(Array.from({ length: 50_000 }, (_, index) => `${index + 1}\n`).join(""));
		});
	});
}

/** Lines of a large file, all of which must begin like this. */
async function countLines(path: string, beginning: string): Promise<number> {
	let count = 0;
	for await (const line of createInterface(createReadStream(path))) {
		if (!line.startsWith(beginning)) throw new Error(`line ${count + 1} is ${line}`);
		count++;
	}
	return count;
}
