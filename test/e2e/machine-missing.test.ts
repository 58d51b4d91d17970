/** An engine whose host has no kernel for machines. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { hullCli } from "../support/hull-cli.ts";

const timeoutMs = 60_000;
const empty = mkdtempSync(join(tmpdir(), "hull-no-kernel-"));
let hull: TestDaemon;

beforeAll(async () => {
	process.env["HULL_VM_DIR"] = empty;
	hull = await startTestDaemon().finally(() => delete process.env["HULL_VM_DIR"]);
}, timeoutMs);
afterAll(async () => {
	await hull.assertClean();
	await hull[Symbol.asyncDispose]();
	rmSync(empty, { recursive: true });
}, timeoutMs);

test(
	"machines are refused with what is missing and how to get it, containers run",
	async () => {
		for (const args of [
			["run", "--rm", "--isolation", "vm", "busybox", "true"],
			["machine", "create", "busybox"],
		]) {
			const { code, stderr } = await hullCli(hull.socket, args, { timeoutMs });
			expect(code).not.toBe(0);
			expect(stderr).toContain(join(empty, "vmlinux"));
			expect(stderr).toContain("npm run setup");
		}
		expect(await hull.ok(["run", "--rm", "busybox", "echo", "here"], { timeoutMs })).toBe("here\n");
		const { json } = await hull.api("GET", "/info");
		expect(json.Hull.Isolations).toEqual(["process"]);
		expect(json.Warnings.join()).toContain("npm run setup");
		expect(await hull.ok(["ps", "-aq"])).toBe("");
	},
	timeoutMs,
);
