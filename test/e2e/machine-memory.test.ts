/** Memory of machines that nobody inside uses any more is the host's again. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";

const timeoutMs = 120_000;
const givenBackMs = 30_000;
let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
	await hull.ok([...run, "booted", ...forever], { timeoutMs });
	await eventually(
		() => expect(templates().some((folder) => existsSync(join(folder, "state")))).toBe(true),
		timeoutMs,
	);
	await hull.ok([...run, "restored", ...forever], { timeoutMs });
}, timeoutMs);
afterAll(async () => {
	await hull.assertClean();
	await hull[Symbol.asyncDispose]();
}, timeoutMs);

const run = "run -d --isolation vm -m 400m --memory-swap 400m --name".split(" ");
const forever = ["busybox", "sleep", "10000"];
const look = (name: string, script: string) => hull.ok(["exec", name, "sh", "-c", script], { timeoutMs });

/** Folders of those that are made, and are being made. */
function templates(): readonly string[] {
	const root = join(hull.dataRoot, "vm/templates");
	return existsSync(root) ? readdirSync(root).map((name) => join(root, name)) : [];
}

/** What QEMU has written to and holds. MiB. */
async function heldMib(name: string): Promise<number> {
	const pid = await hull.ok(["inspect", "-f", "{{.State.Pid}}", name]);
	const text = readFileSync(`/proc/${pid.trim()}/smaps_rollup`, "utf8");
	return Number(/^Private_Dirty:\s+(\d+)/m.exec(text)![1]) / 1024;
}

describe.each(["booted", "restored"])("a machine that was %s gives back", (name) => {
	test(
		"what a process had that ended",
		async () => {
			const idle = await heldMib(name);
			await look(name, "dd if=/dev/zero of=/dev/null bs=250M count=1");
			await eventually(async () => expect(await heldMib(name)).toBeLessThan(idle + 80), givenBackMs);
		},
		timeoutMs,
	);

	test(
		"what a lowered limit takes from its cache",
		async () => {
			await look(name, "dd if=/dev/zero of=/file bs=1M count=250 && sync && cat /file > /dev/null");
			const full = await heldMib(name);
			await hull.ok(["update", "-m", "48m", "--memory-swap", "48m", name]);
			await eventually(async () => expect(await heldMib(name)).toBeLessThan(full - 120), givenBackMs);
			expect(await look(name, "tail -c 1 /file | wc -c")).toBe("1\n");
		},
		timeoutMs,
	);
});
