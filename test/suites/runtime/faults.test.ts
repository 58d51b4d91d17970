/** What goes wrong around the process driver: runtimes that hang or are gone, full disks, clients that stand still. */

import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createLogger, EngineError } from "../../../src/lib/index.ts";
import { createProcessDriver, type RuntimeDriver } from "../../../src/runtime/index.ts";
import { eventually } from "../../support/eventually.ts";
import { allOutput, collect, createTask, readLog, runToEnd, stop } from "./running.ts";
import { createWorkbench, processSpec, shimPath } from "./workbench.ts";

describe("faults", () => {
	const bench = createWorkbench({ defaultRuntime: "crun" });
	afterEach(async () => {
		await eventually(() => expect(bench.leftovers()).toEqual([]));
	});
	afterAll(() => bench.dispose());

	const driverWith = (options: object): RuntimeDriver =>
		createProcessDriver({
			shimPath,
			runRoot: join(bench.directory, "run"),
			log: createLogger("error"),
			...options,
		});

	test("a runtime that hangs is killed, and the error says so", async () => {
		const runtime = script(join(bench.directory, "hangs"), '[ "$8" = delete ] || sleep 1000');
		const driver = driverWith({ runtimeTimeoutMs: 200 });
		await using sandbox = await driver.createSandbox({ id: "hang", network: { kind: "own" } });
		const task = await driver.createTask(sandbox, bench.taskSpec("true", { runtime }));
		const error = await task.start().catch((reason: unknown) => reason);
		expect(error).toMatchObject({ code: "runtime_failed" });
		expect(String(error)).toContain(`${runtime} did not answer within 200 ms`);
	});

	test("a runtime that vanished is named", async () => {
		const runtime = script(join(bench.directory, "vanishes"), "exit 0");
		const spec = bench.taskSpec("true", { runtime });
		const task = await createTask(bench, spec);
		execFileSync("rm", [runtime]);
		const error = await task.start().catch((reason: unknown) => reason);
		expect(error).toMatchObject({ code: "runtime_failed" });
		expect(String(error)).toContain(`cannot run ${runtime}: No such file or directory`);
	});

	test("a runtime that fails without a word is named with its exit code", async () => {
		const runtime = script(join(bench.directory, "silent"), "exit 3");
		const task = await createTask(bench, bench.taskSpec("true", { runtime }));
		await expect(task.start()).rejects.toThrow(`${runtime} ended with 3 and no message`);
	});

	test("an exec whose runtime hangs fails alone", async () => {
		const flag = join(bench.directory, "exec-hangs");
		const runtime = script(
			join(bench.directory, "hangs-on-exec"),
			`case "$7" in exec) [ -e ${flag} ] && sleep 1000;; esac\nexec crun "$@"`,
		);
		const driver = driverWith({ runtimeTimeoutMs: 1500 });
		await using sandbox = await driver.createSandbox({ id: "exec-hang", network: { kind: "own" } });
		const task = await driver.createTask(sandbox, bench.taskSpec("sleep 1000", { runtime }));
		await task.start();
		writeFileSync(flag, "");
		await expect(task.exec({ id: "e", process: processSpec(["true"]) })).rejects.toMatchObject({
			code: "runtime_failed",
		});
		execFileSync("rm", [flag]);
		const exec = await task.exec({ id: "f", process: processSpec(["true"]) });
		expect(await exec.wait()).toEqual({ exitCode: 0 });
		await stop(task);
	}, 20_000);

	test("a supervisor program that is missing is named, and nothing is left", async () => {
		const driver = driverWith({ shimPath: "/no/hull-shim" });
		await using sandbox = await driver.createSandbox({ id: "no-shim", network: { kind: "own" } });
		const creating = driver.createTask(sandbox, bench.taskSpec("true"));
		await expect(creating).rejects.toThrow("cannot start the supervisor /no/hull-shim");
	});

	test("a full disk swallows log lines, not the container, and what follows is whole", async () => {
		const disk = join(bench.directory, "disk");
		mkdirSync(disk);
		execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]);
		try {
			const path = join(disk, "full-json.log");
			const spec = bench.taskSpec("seq 1 60000; read x; echo after", {
				openStdin: true,
				log: { path, maxSizeBytes: 0 },
			});
			const task = await createTask(bench, spec);
			const attachment = await task.attach({ stdin: true, stdout: true, stderr: true });
			await task.start();
			const output = attachment.output[Symbol.asyncIterator]();
			let last = "";
			while (!last.endsWith("60000\n"))
				last = last.slice(-10) + Buffer.from((await output.next()).value!.data).toString();
			const lines = readLog(path).length;
			expect(lines).toBeGreaterThan(1000);
			expect(lines).toBeLessThan(60_000);
			execFileSync("mount", ["-o", "remount,size=2m", disk]);
			await attachment.write(Buffer.from("\n"));
			expect(await task.wait()).toMatchObject({ exitCode: 0 });
			await task.delete();
			expect(readLog(path).at(-1)!.log).toBe("after\n");
		} finally {
			execFileSync("umount", [disk]);
		}
	});

	test("a client that stands still with a full backlog is cut off after 10 s, by name", async () => {
		const task = await createTask(
			bench,
			bench.taskSpec("head -c 70000000 /dev/zero; echo end", { log: { driver: "none" } }),
		);
		const stuck = await task.attach(allOutput);
		await task.start();
		const startedAt = performance.now();
		expect(await task.wait()).toMatchObject({ exitCode: 0 });
		expect(performance.now() - startedAt).toBeGreaterThan(9_000);
		await expect(collect(stuck)).rejects.toMatchObject({
			code: "timed_out",
			message: "an attached client read nothing for 10 s with 64 MiB waiting for it",
		});
		await task.delete();
	}, 30_000);

	test("the backlog's file has no name and its room is given back", async () => {
		const spec = bench.taskSpec("head -c 20000000 /dev/zero; sleep 1000", { log: { driver: "none" } });
		const task = await createTask(bench, spec);
		const slow = await task.attach(allOutput);
		await task.start();
		let bytes = 0;
		for await (const chunk of slow.output) {
			bytes += chunk.data.length;
			if (bytes === 20_000_000) break;
		}
		expect(readdirSync(spec.stateDir)).toEqual(["exit.json.tmp"]);
		await stop(task);
		expect(readdirSync(spec.stateDir)).toEqual(["exit.json"]);
	});

	test("a daemon of a later protocol is refused by name, the container goes on", async () => {
		const spec = bench.taskSpec("sleep 1000");
		const task = await createTask(bench, spec);
		await task.start();
		const answer = await converse(spec.runDir, frame(1, 0, "version\x009\x00oldest\x009\x00"));
		expect(answer).toContain(
			"code\0not_implemented\0message\0session protocol versions 9 to 9 are not spoken here",
		);
		await stop(task);
	});

	test("fields that are unknown or invalid are refused by name, on their channel only", async () => {
		const spec = bench.taskSpec("sleep 1000");
		const task = await createTask(bench, spec);
		await task.start();
		const hello = frame(1, 0, "version\x001\x00oldest\x001\x00");
		const requests = [
			frame(0x12, 1, "stdout\x001\x00colour\x001\x00"),
			frame(0x14, 2, "signal\x0099\x00"),
			frame(0x14, 3, ""),
			frame(0x13, 4, "exec\x00a b\x00process\x00{}\x00"),
			frame(0x17, 5, "exec\x00nobody\x00"),
		];
		const answer = await converse(spec.runDir, Buffer.concat([hello, ...requests]));
		for (const text of [
			"unknown field colour",
			"invalid value of field signal",
			"field signal is missing",
			"invalid value of field exec",
			"no such exec: nobody",
		])
			expect(answer).toContain(text);
		await stop(task);
	});

	test("the socket is the daemon's alone", async () => {
		const spec = bench.taskSpec("sleep 1000");
		const task = await createTask(bench, spec);
		await task.start();
		expect(statSync(join(spec.runDir, "shim.sock")).mode & 0o777).toBe(0o600);
		expect(statSync(spec.runDir).mode & 0o777).toBe(0o700);
		await stop(task);
	});

	test("an aborted creation leaves nothing", async () => {
		const spec = bench.taskSpec("true");
		await using sandbox = await bench.driver.createSandbox({ id: spec.id, network: { kind: "own" } });
		const reason = new EngineError("cancelled", "enough");
		await expect(bench.driver.createTask(sandbox, spec, AbortSignal.abort(reason))).rejects.toBe(reason);
		expect(existsSync(spec.runDir)).toBe(false);
	});

	test("a long run root does not matter to sockets", async () => {
		const runRoot = join(bench.directory, "long".repeat(30));
		const driver = driverWith({ runRoot });
		const plain = bench.taskSpec("tty", { terminal: true });
		const spec = { ...plain, runDir: join(runRoot, "containers", plain.id) };
		await using sandbox = await driver.createSandbox({ id: spec.id, network: { kind: "own" } });
		const task = await driver.createTask(sandbox, spec);
		await task.start();
		const again = await driver.openTask(spec);
		await again?.wait();
		again?.close();
		await task.wait();
		await task.delete();
		expect(readLog(spec.log.path)[0]!.log).toBe("/dev/pts/0\r\n");
	});

	test("what a container without any output leaves is an empty log", async () => {
		const spec = bench.taskSpec("true");
		await runToEnd(bench, spec);
		expect(readLog(spec.log.path)).toEqual([]);
	});
});

function script(path: string, body: string): string {
	writeFileSync(path, `#!/bin/sh\n${body}\n`);
	chmodSync(path, 0o755);
	return path;
}

function frame(type: number, channel: number, payload: string): Buffer {
	const bytes = Buffer.from(payload);
	const header = Buffer.alloc(8);
	header.writeUInt32BE(bytes.length);
	header[4] = type;
	header.writeUInt16BE(channel, 6);
	return Buffer.concat([header, bytes]);
}

/** Says it all, ends, and reads what comes back. */
function converse(runDir: string, bytes: Uint8Array): Promise<string> {
	const { promise, resolve } = Promise.withResolvers<string>();
	const parts: Buffer[] = [];
	const socket: Socket = connect({ path: join(runDir, "shim.sock"), allowHalfOpen: true }, () =>
		socket.end(bytes),
	);
	socket.on("data", (part: Buffer) => parts.push(part));
	socket.on("error", () => {});
	socket.on("close", () => resolve(Buffer.concat(parts).toString("latin1")));
	return promise;
}
