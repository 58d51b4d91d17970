import { describe, expect, test } from "bun:test";
import { statSync } from "node:fs";
import { delay } from "../../../src/lib/index.ts";
import { eventually } from "../../support/eventually.ts";
import {
	allOutput,
	allStreams,
	collect,
	countBytes,
	createTask,
	readUntil,
	runToEnd,
	stop,
} from "./running.ts";
import type { Workbench } from "./workbench.ts";

const mebibyte = 1024 * 1024;

export function attachTests(bench: () => Workbench): void {
	describe("attach", () => {
		test("stdout and stderr come apart, from the first byte", async () => {
			const output = await runToEnd(bench(), bench().taskSpec("echo out; echo err >&2"));
			expect(output).toMatchObject({ stdout: "out\n", stderr: "err\n" });
		});

		test("output keeps its order across stdout and stderr", async () => {
			const script = "for i in 1 2 3 4 5; do echo o$i; sleep 0.02; echo e$i >&2; sleep 0.02; done";
			const task = await createTask(bench(), bench().taskSpec(script));
			const attachment = await task.attach(allOutput);
			await task.start();
			let all = "";
			for await (const chunk of attachment.output) all += Buffer.from(chunk.data).toString();
			expect(all).toBe("o1\ne1\no2\ne2\no3\ne3\no4\ne4\no5\ne5\n");
			await task.wait();
			await task.delete();
		});

		test("stdin is passed on, and output that comes after its end too", async () => {
			const task = await createTask(
				bench(),
				bench().taskSpec("cat; sleep 0.1; echo late", { openStdin: true }),
			);
			const attachment = await task.attach(allStreams);
			await task.start();
			await attachment.write(Buffer.from("one\n"));
			await attachment.write(Buffer.from("two\n"));
			await attachment.closeStdin();
			expect((await collect(attachment)).stdout).toBe("one\ntwo\nlate\n");
			await expect(attachment.write(Buffer.from("x"))).rejects.toMatchObject({ code: "not_found" });
			await task.wait();
			await task.delete();
		});

		test("8 MiB through stdin and back are the same", async () => {
			const task = await createTask(
				bench(),
				bench().taskSpec("cat", { openStdin: true, log: { driver: "none" } }),
			);
			const attachment = await task.attach(allStreams);
			await task.start();
			const sent = Buffer.alloc(8 * mebibyte, "0123456789abcdef\n");
			const received = collect(attachment);
			await attachment.write(sent);
			await attachment.closeStdin();
			expect((await received).stdout === sent.toString()).toBe(true);
			await task.wait();
			await task.delete();
		});

		test("stdin that was written before a client left still arrives", async () => {
			const task = await createTask(
				bench(),
				bench().taskSpec("sleep 0.2; wc -c", { openStdin: true, stdinOnce: true }),
			);
			const reader = await task.attach(allOutput);
			const writer = await task.attach({ stdin: true, stdout: false, stderr: false });
			await task.start();
			await writer.write(Buffer.alloc(200_000, "x"));
			writer.close();
			expect((await collect(reader)).stdout.trim()).toBe("200000");
			await task.wait();
			await task.delete();
		});

		test("an end of stdin that was sent before the start is kept, though its client has left", async () => {
			const task = await createTask(bench(), bench().taskSpec("cat; echo end", { openStdin: true }));
			const reader = await task.attach(allOutput);
			const writer = await task.attach({ stdin: true, stdout: false, stderr: false });
			await writer.closeStdin();
			writer.close();
			await task.start();
			expect((await collect(reader)).stdout).toBe("end\n");
			await task.wait();
			await task.delete();
		});

		test("without stdin-once the next client goes on where the last one left", async () => {
			const task = await createTask(
				bench(),
				bench().taskSpec("read a; read b; echo $a $b", { openStdin: true }),
			);
			const reader = await task.attach(allOutput);
			await task.start();
			const first = await task.attach(allStreams);
			await first.write(Buffer.from("one\n"));
			first.close();
			const second = await task.attach(allStreams);
			await second.write(Buffer.from("two\n"));
			expect((await collect(reader)).stdout).toBe("one two\n");
			await task.wait();
			await task.delete();
		});

		test("without an open stdin the process reads end of file", async () => {
			const output = await runToEnd(bench(), bench().taskSpec("cat; echo end"));
			expect(output.stdout).toBe("end\n");
		});

		test("a process that closes stdin makes writes fail, not the container", async () => {
			const task = await createTask(
				bench(),
				bench().taskSpec("exec <&-; echo closed; sleep 1000", { openStdin: true }),
			);
			const attachment = await task.attach(allStreams);
			await task.start();
			await readUntil(attachment.output[Symbol.asyncIterator](), "closed");
			await eventually(async () => {
				await attachment.write(Buffer.from("x")).then(
					() => Promise.reject(new Error("still open")),
					(error: unknown) => expect(error).toMatchObject({ code: "not_found" }),
				);
			});
			await stop(task);
		});

		test("a terminal: size, resize, echo, end of file", async () => {
			const task = await createTask(
				bench(),
				bench().taskSpec("tty; stty size; read line; stty size; cat; echo over", {
					terminal: true,
					openStdin: true,
					process: { consoleSize: { width: 91, height: 31 } },
				}),
			);
			const attachment = await task.attach(allStreams);
			await task.start();
			const output = attachment.output[Symbol.asyncIterator]();
			expect(await readUntil(output, "31 91\r\n")).toContain("/dev/pts/0");
			await task.resize(120, 40);
			await attachment.write(Buffer.from("typed\n"));
			expect(await readUntil(output, "40 120\r\n")).toContain("typed\r\n");
			await attachment.closeStdin();
			await readUntil(output, "over\r\n");
			expect((await output.next()).done).toBe(true);
			expect(await task.wait()).toMatchObject({ exitCode: 0 });
			await task.delete();
		});

		test("who leaves a terminal does not end its shell", async () => {
			const spec = bench().taskSpec("sh", { args: ["sh"], terminal: true, openStdin: true, stdinOnce: true });
			const task = await createTask(bench(), spec);
			const first = await task.attach(allStreams);
			await task.start();
			first.close();
			const second = await task.attach(allStreams);
			await second.write(Buffer.from("echo st''ill\n"));
			await readUntil(second.output[Symbol.asyncIterator](), "still\r\n");
			await stop(task);
		});

		test("a client that reads nothing stops neither the log nor the others, and misses nothing", async () => {
			const bytes = 24 * mebibyte;
			const spec = bench().taskSpec(
				`head -c ${bytes} /dev/zero | tr '\\0' 'x' | fold -w 99; echo; sleep 1000`,
				{
					log: { maxSizeBytes: 0 },
				},
			);
			const task = await createTask(bench(), spec);
			const stuck = await task.attach(allOutput);
			const eager = await task.attach(allOutput);
			await task.start();
			const total = bytes + Math.ceil(bytes / 99);
			let seen = 0;
			for await (const chunk of eager.output) {
				seen += chunk.data.length;
				if (seen >= total) break;
			}
			await eventually(() => expect(statSync(spec.log.path).size).toBeGreaterThan(total));
			await task.signal(9);
			expect(await task.wait()).toMatchObject({ exitCode: 137 });
			expect(await countBytes(stuck)).toBe(seen);
			await task.delete();
		}, 90_000);

		test("a client that is slow but reads on slows the container and loses nothing", async () => {
			const bytes = 80 * mebibyte;
			const task = await createTask(
				bench(),
				bench().taskSpec(`head -c ${bytes} /dev/zero`, { log: { driver: "none" } }),
			);
			const slow = await task.attach(allOutput);
			await task.start();
			// Until the backlog of 64 MiB is full nothing is read.
			await new Promise((resolve) => setTimeout(resolve, 1500));
			expect(await countBytes(slow)).toBe(bytes);
			await task.wait();
			await task.delete();
		}, 90_000);

		test("a client with a full backlog does not hold up the end", async () => {
			const task = await createTask(bench(), bench().taskSpec("yes", { log: { driver: "none" } }));
			const stuck = await task.attach(allOutput);
			const reader = await task.attach(allOutput);
			await task.start();
			const output = reader.output[Symbol.asyncIterator]();
			// The container stops when the stuck client's 64 MiB are full: then the reader gets no more either.
			let read = 0;
			for (;;) {
				const next = await Promise.race([output.next(), delay(500)]);
				if (next === undefined) break;
				read += next.value!.data.length;
			}
			expect(read).toBeGreaterThanOrEqual(60 * mebibyte);
			const killedAt = performance.now();
			await task.signal(9);
			expect(await task.wait()).toMatchObject({ exitCode: 137 });
			expect(performance.now() - killedAt).toBeLessThan(4000);
			expect(await countBytes(stuck)).toBeGreaterThanOrEqual(read);
			// What waits for it would be kept until it is taken.
			reader.close();
			await task.delete();
		}, 90_000);

		test("an attachment may be closed at any time", async () => {
			const task = await createTask(bench(), bench().taskSpec("yes", { log: { driver: "none" } }));
			const attachment = await task.attach(allOutput);
			await task.start();
			await attachment.output[Symbol.asyncIterator]().next();
			attachment.close();
			const another = await task.attach(allOutput);
			const { done } = await another.output[Symbol.asyncIterator]().next();
			expect(done).toBeFalsy();
			// The end of a task waits for what its clients have not read.
			another.close();
			await stop(task);
		});
	});
}
