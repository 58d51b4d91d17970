/** Files of containers of isolation vm: through the guest while it runs, by a guest of its own when it does not. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { hullCli } from "../support/hull-cli.ts";

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
	"--storage-opt size is the size of its disk",
	async () => {
		const sized = ["--isolation", "vm", "--storage-opt", "size=256m"];
		const bytes = await hull.ok(["run", "--rm", ...sized, "busybox", "df", "-k", "/"], { timeoutMs });
		const blocks = Number(/\s(\d{5,})\s/.exec(bytes)?.[1]);
		expect(blocks).toBeGreaterThan(200_000);
		expect(blocks).toBeLessThan(262_145);
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

test.each(["process", "vm"])(
	"isolation %s: a user that only the container's own files have is found at each start",
	async (isolation) => {
		const name = `late-${isolation}`;
		const create = ["create", "--isolation", isolation, "--user", "late:crowd", "--name", name];
		await hull.ok([...create, "busybox", "sh", "-c", "id -u; id -g; echo $HOME; sleep 1000"]);
		const ghost = await hull.docker(["start", name], { timeoutMs });
		expect(ghost.stderr).toContain("unable to find user late: no matching entries in passwd file");
		const files = join(folder, isolation);
		mkdirSync(files);
		writeFileSync(join(files, "passwd"), "root:x:0:0::/root:/bin/sh\nlate:x:1234:1::/home/late:/bin/sh\n");
		writeFileSync(join(files, "group"), "root:x:0:\ncrowd:x:4321:\n");
		await hull.ok(["cp", join(files, "passwd"), `${name}:/etc/passwd`], { timeoutMs });
		await hull.ok(["cp", join(files, "group"), `${name}:/etc/group`], { timeoutMs });
		const once = "1234\n4321\n/home/late\n";
		await hull.ok(["start", name], { timeoutMs });
		await eventually(async () => expect(await hull.ok(["logs", name])).toBe(once));
		await hull.ok(["restart", "-t", "0", name], { timeoutMs });
		await eventually(async () => expect(await hull.ok(["logs", name])).toBe(once + once));
		expect(await hull.ok(["exec", name, "id", "-u"], { timeoutMs })).toBe("1234\n");
		if (isolation === "vm") {
			const forked = await hullCli(hull.socket, ["fork", "--name", "late-fork", name], { timeoutMs });
			expect(forked.stderr).toBe("");
			expect(await hull.ok(["exec", "late-fork", "id", "-u"], { timeoutMs })).toBe("1234\n");
			await hull.ok(["rm", "-f", "late-fork"]);
		}
		await hull.ok(["rm", "-f", name]);
	},
	2 * timeoutMs,
);
