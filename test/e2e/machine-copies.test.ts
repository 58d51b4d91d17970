/** Forks and snapshots of machines that run. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { hullCli } from "../support/hull-cli.ts";

const timeoutMs = 120_000;
let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
	const counting =
		"echo token-$$-$(cat /proc/sys/kernel/random/uuid) > /dev/shm/memory; i=0; " +
		"while :; do i=$((i+1)); echo $i > /next; mv /next /count; sleep 0.2; done";
	await hull.ok(["run", "-d", "--isolation", "vm", "--name", "origin", "busybox", "sh", "-c", counting], {
		timeoutMs,
	});
	await eventually(async () => expect(await look("origin", "cat /dev/shm/memory")).toStartWith("token-"));
}, timeoutMs);
afterAll(async () => {
	await hull.assertClean();
	await hull[Symbol.asyncDispose]();
}, timeoutMs);

const look = (name: string, script: string) => hull.ok(["exec", name, "sh", "-c", script], { timeoutMs });
const own = (...args: string[]) => hullCli(hull.socket, args, { timeoutMs });
const count = async (name: string) => Number(await look(name, "cat /count"));

/** It has the origin's memory and disk, goes on counting, and is somebody else. */
async function assertCopy(name: string): Promise<void> {
	expect(await look(name, "cat /dev/shm/memory")).toBe(await look("origin", "cat /dev/shm/memory"));
	const before = await count(name);
	expect(before).toBeGreaterThan(0);
	await eventually(async () => expect(await count(name)).toBeGreaterThan(before));
	const identity = "hostname; ip -o -4 addr show eth0 | cut -d' ' -f7; cat /sys/class/net/eth0/address";
	const [ours, theirs] = [await look(name, identity), await look("origin", identity)].map((text) =>
		text.split("\n"),
	);
	for (const index of [0, 1, 2]) expect(ours![index]).not.toBe(theirs![index]);
	const inspected = JSON.parse(await hull.ok(["inspect", name]))[0];
	expect(ours![0]).toBe(inspected.Id.slice(0, 12));
	expect(ours![1]).toStartWith(`${inspected.NetworkSettings.Networks.bridge.IPAddress}/`);
}

test(
	"forks go on where the origin stood, each as somebody else, and it goes on too",
	async () => {
		const before = await count("origin");
		const forked = await own("fork", "-n", "2", "--name", "copy", "origin");
		expect(forked).toMatchObject({ code: 0, stdout: "copy-1\ncopy-2\n" });
		for (const name of ["copy-1", "copy-2"]) await assertCopy(name);
		expect(await look("copy-1", "cat /proc/sys/kernel/random/uuid")).not.toBe(
			await look("copy-2", "cat /proc/sys/kernel/random/uuid"),
		);
		await eventually(async () => expect(await count("origin")).toBeGreaterThan(before));
		await look("copy-1", "echo mine > /only");
		expect((await hull.docker(["exec", "copy-2", "ls", "/only"])).code).not.toBe(0);
		await hull.ok(["restart", "-t", "0", "copy-1"], { timeoutMs });
		expect(await look("copy-1", "cat /only")).toBe("mine\n");
		await hull.ok(["rm", "-f", "copy-1", "copy-2"]);
	},
	timeoutMs,
);

test(
	"a snapshot comes back, also after the daemon was killed, and more than once",
	async () => {
		expect((await own("snapshot", "create", "--name", "warm", "origin")).code).toBe(0);
		expect((await own("snapshot", "create", "--name", "warm", "origin")).stderr).toContain("there already");
		await hull.kill();
		await hull.start();
		const listed = JSON.parse((await own("snapshot", "ls", "--format", "json")).stdout);
		expect(listed).toMatchObject({ Name: "warm", Container: "origin" });
		for (const name of ["back-1", "back-2"]) {
			expect((await own("snapshot", "restore", "--name", name, "warm")).code).toBe(0);
			await assertCopy(name);
		}
		expect((await own("snapshot", "rm", "warm")).code).toBe(0);
		await assertCopy("back-1");
		await hull.ok(["rm", "-f", "back-1", "back-2"]);
		expect(readdirSync(join(hull.dataRoot, "vm", "snapshots"))).toEqual([]);
	},
	timeoutMs,
);

test(
	"what cannot be copied is refused by name",
	async () => {
		await hull.ok(["run", "-d", "--name", "process", "busybox", "sleep", "1000"]);
		expect((await own("fork", "process")).stderr).toContain("criu");
		await hull.ok(["create", "--isolation", "vm", "--name", "still", "busybox", "true"]);
		expect((await own("snapshot", "create", "still")).stderr).toContain("is created, not running");
		expect((await own("fork", "-n", "0", "origin")).stderr).toContain("--count 0");
		expect((await own("snapshot", "restore", "nosuch")).stderr).toContain("No such snapshot: nosuch");
		await hull.ok(["rm", "-f", "process", "still"]);
	},
	timeoutMs,
);

test(
	"copies share binds and volumes with their origin, and one with open files there is refused by name",
	async () => {
		const folder = mkdtempSync(join(tmpdir(), "hull-copies-"));
		writeFileSync(join(folder, "file"), "of the host\n");
		const mounts = ["-v", "data:/data", "-v", `${folder}:/in/side:ro`, "-v", `${folder}/file:/etc/single`];
		await hull.ok(
			[..."run -d --isolation vm --cap-add SYS_ADMIN --name sharing".split(" "), ...mounts, "busybox"].concat(
				"sleep",
				"1000",
			),
			{ timeoutMs },
		);
		const assertShares = async (name: string) => {
			await look(name, `echo ${name} > /data/last && echo ${name} > /data/${name}`);
			expect(await look("sharing", "cat /data/last")).toBe(`${name}\n`);
			expect(await look(name, "cat /in/side/file /etc/single")).toBe("of the host\nof the host\n");
			expect((await hull.docker(["exec", name, "touch", "/in/side/new"])).stderr).toContain("Read-only");
		};
		try {
			await assertShares("sharing");
			expect((await own("fork", "-n", "2", "--name", "shares", "sharing")).stderr).toBe("");
			for (const name of ["sharing", "shares-1", "shares-2"]) await assertShares(name);
			expect((await own("snapshot", "create", "--name", "sharing", "shares-1")).stderr).toBe("");
			await hull.ok(["rm", "-f", "shares-1", "shares-2"]);
			expect((await own("snapshot", "restore", "--name", "restored", "sharing")).stderr).toBe("");
			await assertShares("restored");
			expect(await look("restored", "ls /data")).toBe("last\nrestored\nshares-1\nshares-2\nsharing\n");
			await hull.ok(["rm", "-f", "restored"]);

			await look("sharing", "mkdir /mnt; tail -f /data/last > /dev/null 2>&1 & echo $! > /pid");
			const refused = await own("fork", "sharing");
			expect(refused.stderr).toContain("/data is shared with the host and in use");
			await assertShares("sharing");
			await look("sharing", "kill $(cat /pid); cd /in/side && sleep 1000 > /dev/null 2>&1 & echo $! > /pid");
			expect((await own("fork", "sharing")).stderr).toContain("/in/side is shared with the host and in use");
			await assertShares("sharing");
			await look("sharing", "kill $(cat /pid); mount --bind /data /mnt");
			expect((await own("fork", "sharing")).stderr).toContain("was mounted from inside of the container");
			await assertShares("sharing");
			await look("sharing", "umount /mnt");
			expect((await own("fork", "--name", "again", "sharing")).stderr).toBe("");
			await assertShares("again");

			await hull.ok(["rm", "-f", "sharing", "again"]);
			await hull.ok(["volume", "rm", "data"]);
			expect((await own("snapshot", "restore", "--name", "without", "sharing")).stderr).toContain(
				"no such volume",
			);
			expect((await own("snapshot", "rm", "sharing")).code).toBe(0);
		} finally {
			rmSync(folder, { recursive: true });
		}
	},
	timeoutMs,
);
