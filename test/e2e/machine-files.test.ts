/** Files of containers of isolation vm: through the guest while it runs, by a guest of its own when it does not. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";

const timeoutMs = 120_000;
let hull: TestDaemon;
let folder: string;
beforeAll(async () => {
	hull = await startTestDaemon();
	folder = mkdtempSync(join(tmpdir(), "hull-machine-files-"));
	mkdirSync(join(folder, "tree", "sub"), { recursive: true });
	writeFileSync(join(folder, "tree", "sub", "f"), "deep");
}, timeoutMs);
afterAll(async () => {
	await hull.assertClean();
	rmSync(folder, { recursive: true });
	await hull[Symbol.asyncDispose]();
}, timeoutMs);

const change = "echo x > /etc/new; rm /etc/group; mkdir /d; touch /tmp/t";
const changes = ["", "A /d", "A /etc/new", "A /tmp/t", "C /etc", "C /tmp", "D /etc/group"];

describe.each(["running", "stopped"])("of a machine that is %s", (state) => {
	const name = `files-${state}`;
	beforeAll(async () => {
		await hull.ok(["run", "-d", "--isolation", "vm", "--name", name, "busybox", "sleep", "1000"], {
			timeoutMs,
		});
		await hull.ok(["exec", name, "sh", "-c", change]);
		if (state === "stopped") await hull.ok(["stop", "-t", "0", name]);
	}, timeoutMs);
	afterAll(async () => {
		await hull.ok(["rm", "-f", name]);
	}, timeoutMs);

	test(
		"diff, export and commit see what it changed, over its image",
		async () => {
			expect((await hull.ok(["diff", name], { timeoutMs })).split("\n").sort()).toEqual(changes);
			await hull.ok(["export", "-o", join(folder, "tree.tar"), name], { timeoutMs });
			await hull.ok(["import", join(folder, "tree.tar"), "exported:1"]);
			const look = ["sh", "-c", "cat /etc/new; ls /etc/group; ls /proc"];
			expect((await hull.docker(["run", "--rm", "exported:1", ...look])).stdout).toStartWith("x\n");
			await hull.ok(["commit", name, "committed:1"], { timeoutMs });
			const committed = await hull.docker(["run", "--rm", "committed:1", ...look]);
			expect(committed.stdout).toStartWith("x\n");
			expect(committed.stderr).toContain("/etc/group: No such file");
			await hull.ok(["rmi", "exported:1", "committed:1"]);
		},
		timeoutMs,
	);

	test(
		"cp goes both ways, and what went in is there after a start",
		async () => {
			await hull.ok(["cp", join(folder, "tree"), `${name}:/root/`], { timeoutMs });
			await hull.ok(["cp", `${name}:/root/tree/sub/f`, join(folder, `back-${state}`)], { timeoutMs });
			expect(readFileSync(join(folder, `back-${state}`), "utf8")).toBe("deep");
			expect((await hull.docker(["cp", `${name}:/nosuch`, folder], { timeoutMs })).stderr).toContain(
				`Could not find the file /nosuch in container ${name}`,
			);
			await hull.ok(["restart", "-t", "0", name], { timeoutMs });
			expect(await hull.ok(["exec", name, "cat", "/root/tree/sub/f"])).toBe("deep");
			expect(readdirSync(hull.runRoot)).not.toContain(join("files", name));
		},
		timeoutMs,
	);
});

test(
	"a paused machine says that it serves nothing",
	async () => {
		await hull.ok(["run", "-d", "--isolation", "vm", "--name", "asleep", "busybox", "sleep", "1000"], {
			timeoutMs,
		});
		await hull.ok(["pause", "asleep"]);
		expect((await hull.docker(["cp", "asleep:/etc", folder])).stderr).toContain("unpause it first");
		await hull.ok(["rm", "-f", "asleep"]);
	},
	timeoutMs,
);

test(
	"--storage-opt size is the size of its disk; a container of isolation process has none",
	async () => {
		const sized = ["--isolation", "vm", "--storage-opt", "size=256m"];
		const bytes = await hull.ok(["run", "--rm", ...sized, "busybox", "df", "-k", "/"], { timeoutMs });
		const blocks = Number(/\s(\d{5,})\s/.exec(bytes)?.[1]);
		expect(blocks).toBeGreaterThan(200_000);
		expect(blocks).toBeLessThan(262_145);
		const refused = await hull.docker(["create", "--storage-opt", "size=1g", "busybox"]);
		expect(refused.stderr).toContain("HostConfig.StorageOpt");
		const unknown = await hull.docker([
			"create",
			"--isolation",
			"vm",
			"--storage-opt",
			"colour=red",
			"busybox",
		]);
		expect(unknown.stderr).toContain("colour: the only option is size");
	},
	timeoutMs,
);
