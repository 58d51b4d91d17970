/** Machines that are kept ready and become a container's. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { hullCli } from "../support/hull-cli.ts";
import { processesNaming } from "../support/leftovers.ts";

const timeoutMs = 180_000;
let hull: TestDaemon;
const readyMs = 60_000;

beforeAll(async () => {
	hull = await startTestDaemon({ arguments: ["--vm-pool", "1", "--vm-memory", "128m"] });
	await hull.ok([...vm, "--rm", "busybox", "true"], { timeoutMs });
}, timeoutMs);
afterAll(async () => {
	await hull.ok(["ps", "-aq"]).then((ids) => hull.docker(["rm", "-f", ...ids.split("\n").filter(Boolean)]));
	await hull.stop();
	expect(processesNaming(hull.runRoot)).toEqual([]);
	expect(spareFolders()).toEqual([]);
	expect(spareGroups()).toEqual([]);
	await hull[Symbol.asyncDispose]();
}, timeoutMs);

const vm = ["run", "--isolation", "vm"];
const spareFolders = () =>
	existsSync(join(hull.runRoot, "spares")) ? readdirSync(join(hull.runRoot, "spares")) : [];

/** Groups of spares that this daemon made; others on this machine may have spares too. */
const seenGroups = new Set<string>();
const spareGroups = () => [...seenGroups].filter((path) => existsSync(path));

interface PoolMachine {
	readonly MemoryBytes: number;
	readonly PssBytes: number;
}

async function pool(): Promise<readonly PoolMachine[]> {
	return (await hull.api("GET", "/info")).json.Hull.VM.Pool.Machines;
}

async function untilReady(count = 1): Promise<void> {
	await eventually(async () => expect(await pool()).toHaveLength(count), readyMs);
}

/** The group that the container's QEMU is in: that of the spare which it was, or its own. */
async function groupOf(name: string): Promise<string> {
	const pid = (await hull.ok(["inspect", "-f", "{{.State.Pid}}", name])).trim();
	const path = /^\d+:memory:(.*)$|^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, "utf8"));
	const group = (path?.[1] ?? path?.[2])!;
	seenGroups.add(join("/sys/fs/cgroup/memory", group));
	return group;
}

test(
	"a start claims the machine that is ready, which is then like any other",
	async () => {
		await untilReady();
		expect((await pool())[0]).toMatchObject({ MemoryBytes: 128 * 2 ** 20 });
		expect((await pool())[0]!.PssBytes).toBeGreaterThan(10 * 2 ** 20);
		const script = "echo began; ls /; cat /etc/hostname; exec sleep 1000";
		await hull.ok([...vm, "-d", "--name", "claimed", "-h", "vessel", "busybox", "sh", "-c", script]);
		expect(await groupOf("claimed")).toMatch(/^\/hull\/spare-/);
		await eventually(async () =>
			expect(await hull.ok(["logs", "claimed"])).toMatch(/^began\n(.*\n)*vessel\n$/),
		);
		const seen = await hull.ok(["exec", "claimed", "sh", "-c", "hostname; ls /; date +%s; mount; ps"]);
		expect(seen).toStartWith("vessel\n");
		expect(seen).not.toContain("rehears");
		const clock = Number(/^\d{10}$/m.exec(seen)![0]);
		expect(Math.abs(clock - Date.now() / 1000)).toBeLessThan(60);
		const address = (
			await hull.ok(["inspect", "-f", "{{.NetworkSettings.Networks.bridge.IPAddress}}", "claimed"])
		).trim();
		expect(await hull.ok(["exec", "claimed", "ip", "-o", "-4", "addr"])).toContain(`${address}/`);
		expect(await hull.ok(["exec", "claimed", "ip", "-o", "addr"])).not.toContain("192.0.2.");
		await hull.ok(["exec", "claimed", "ping", "-c", "1", "-W", "20", address.replace(/\d+$/, "1")]);
		expect(await hull.ok(["stats", "--no-stream", "--format", "{{.PIDs}}", "claimed"])).toMatch(/^\d+/);
	},
	timeoutMs,
);

test(
	"what it wrote stays, and it starts again",
	async () => {
		await hull.ok(["exec", "claimed", "sh", "-c", "echo kept > /kept"]);
		await hull.ok(["stop", "-t", "1", "claimed"]);
		await untilReady();
		await hull.ok(["start", "claimed"]);
		expect(await groupOf("claimed")).toMatch(/^\/hull\/spare-/);
		expect(await hull.ok(["exec", "claimed", "cat", "/kept"])).toBe("kept\n");
	},
	timeoutMs,
);

test(
	"it can be forked, and is found again by the next daemon",
	async () => {
		await hull.ok(["exec", "claimed", "sh", "-c", "echo here > /dev/shm/memory"]);
		const forked = await hullCli(hull.socket, ["fork", "--name", "copy", "claimed"], { timeoutMs });
		expect(forked).toMatchObject({ code: 0 });
		expect(await hull.ok(["exec", "copy", "cat", "/dev/shm/memory"])).toBe("here\n");
		await hull.ok(["rm", "-f", "copy"]);
		await untilReady();
		const before = spareFolders();
		await hull.kill();
		await hull.start();
		expect(await hull.ok(["exec", "claimed", "cat", "/dev/shm/memory"])).toBe("here\n");
		// Those that were ready have ended with their daemon; what they left goes when the next is made.
		await hull.ok([...vm, "--rm", "busybox", "true"]);
		await untilReady();
		for (const id of before) expect(spareFolders()).not.toContain(id);
		await hull.ok(["rm", "-f", "claimed"]);
	},
	timeoutMs,
);

test(
	"no network means no card, and limits hold",
	async () => {
		await untilReady();
		const flags = ["--network", "none", "--cpus", "0.5", "--pids-limit", "50", "--read-only"];
		await hull.ok([...vm, "-d", "--name", "alone", ...flags, "busybox", "sleep", "1000"]);
		const group = await groupOf("alone");
		expect(group).toMatch(/^\/hull\/spare-/);
		expect(await hull.ok(["exec", "alone", "ls", "/sys/class/net"])).toBe("lo\n");
		expect(await hull.ok(["exec", "alone", "cat", "/sys/fs/cgroup/pids.max"])).toBe("50\n");
		expect((await hull.docker(["exec", "alone", "touch", "/x"])).code).not.toBe(0);
		const forked = await hullCli(hull.socket, ["fork", "--name", "twin", "alone"], { timeoutMs });
		expect(forked).toMatchObject({ code: 0 });
		expect(await hull.ok(["exec", "twin", "ls", "/sys/class/net"])).toBe("lo\n");
		await hull.ok(["rm", "-f", "twin"]);
		await hull.ok(["rm", "-f", "alone"]);
	},
	timeoutMs,
);

test(
	"one that shares a folder does not take it",
	async () => {
		await untilReady();
		const folder = mkdtempSync(join(tmpdir(), "hull-pool-"));
		writeFileSync(join(folder, "file"), "shared\n");
		const bind = ["-v", `${folder}:/data:ro`];
		expect(await hull.ok([...vm, "--rm", ...bind, "busybox", "cat", "/data/file"])).toBe("shared\n");
		expect(await pool()).toHaveLength(1);
		rmSync(folder, { recursive: true });
	},
	timeoutMs,
);

test(
	"a machine that died while it waited is replaced, and one that cannot be used is not a start's failure",
	async () => {
		await untilReady();
		const [id] = spareFolders();
		const [supervisor] = processesNaming(join(hull.runRoot, "spares", id!));
		process.kill(supervisor!, "SIGKILL");
		await eventually(() => expect(spareFolders()).not.toContain(id!));
		expect(await hull.ok([...vm, "--rm", "busybox", "echo", "fine"])).toBe("fine\n");
	},
	timeoutMs,
);
