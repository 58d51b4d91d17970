/** Whole machines: Debian with systemd, from creation to removal. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { debianSystemdRootTar } from "../../scripts/images/debian-systemd.mjs";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { hullCli } from "../support/hull-cli.ts";

const timeoutMs = 300_000;
const project = new URL("../..", import.meta.url).pathname;
let hull: TestDaemon;

beforeAll(async () => {
	hull = await startTestDaemon();
	const tar = debianSystemdRootTar(`${project}node_modules/.cache/hull/debian-systemd.tar`);
	await ok("import", tar, "debian-systemd");
}, timeoutMs);
afterAll(async () => {
	await hull.assertClean();
	await hull[Symbol.asyncDispose]();
}, timeoutMs);

const own = (...args: string[]) => hullCli(hull.socket, args, { timeoutMs });
const machine = (...args: string[]) => own("machine", ...args);
async function ok(...args: string[]): Promise<string> {
	const result = await own(...args);
	expect({ ...result, args }).toMatchObject({ code: 0 });
	return result.stdout;
}
const inside = (...words: string[]) => ok("machine", "ssh", "box", ...words);
const state = async (format: string) => (await ok("inspect", "-f", format, "box")).trim();

async function untilUp(): Promise<void> {
	await eventually(async () => {
		const { stdout } = await machine("ssh", "box", "systemctl", "is-system-running");
		expect(stdout.trim()).toBe("running");
	}, timeoutMs);
}

test(
	"it is made off, starts, and its init starts everything",
	async () => {
		await ok("machine", "create", "--name", "box", "--memory", "600m", "--disk", "2g", "debian-systemd");
		expect(await state("{{.State.Status}}")).toBe("created");
		expect(await ok("machine", "start", "box")).toBe("box\n");
		await untilUp();
		expect(await ok("machine", "ls", "--format", "{{.Names}} {{.Status}}")).toMatch(/^box Up /);
		expect(await inside("cat", "/proc/1/comm")).toBe("systemd\n");
		expect(await inside("systemctl", "--failed", "--no-legend")).toBe("");
		expect((await machine("ssh", "box", "sh", "-c", "exit 7")).code).toBe(7);
		expect(await inside("hostname")).toBe("box\n");
	},
	timeoutMs,
);

test(
	"--memory is what its processes may use; the hardware has the size class that holds it",
	async () => {
		expect(await inside("cat", "/sys/fs/cgroup/memory.max")).toBe(`${600 * 2 ** 20}\n`);
		const total = Number(/MemTotal:\s+(\d+)/.exec(await inside("cat", "/proc/meminfo"))![1]) * 1024;
		expect(total).toBeGreaterThan(600 * 2 ** 20);
		expect(total).toBeLessThan(1024 * 2 ** 20);
		const size = await inside("stat", "-f", "-c", "%b*%S", "/");
		const [blocks, bytes] = size.split("*").map(Number);
		expect(blocks! * bytes!).toBeGreaterThan(1.8 * 2 ** 30);
		expect(blocks! * bytes!).toBeLessThan(2 * 2 ** 30);
	},
	timeoutMs,
);

test(
	"its console has what it printed since its start, and loses nothing while one connects",
	async () => {
		expect(await ok("machine", "console", "--no-follow", "--tail", "all", "box")).toContain("Reached target");
		const last = 300;
		const saying = inside("sh", "-c", `for i in $(seq ${last}); do echo "said-$i."; done > /dev/console`);
		let pid = 0;
		const console = hullCli(hull.socket, ["machine", "console", "--no-stdin", "--tail", "all", "box"], {
			timeoutMs,
			onStart: (started) => {
				pid = started;
			},
			onOutput: (text) => {
				if (text.includes(`said-${last}.`)) process.kill(pid, "SIGKILL");
			},
		});
		await saying;
		const { stdout } = await console;
		for (let number = 1; number <= last; number++) expect(stdout).toContain(`said-${number}.`);
	},
	timeoutMs,
);

test(
	"resize changes what it may use up to its size at once, the rest at its next start; not its disk",
	async () => {
		expect(await ok("machine", "resize", "--memory", "700m", "box")).toBe("box\n");
		expect(await inside("cat", "/sys/fs/cgroup/memory.max")).toBe(`${700 * 2 ** 20}\n`);
		// Beyond its size: what fits now, the rest when it is started again.
		const later = await machine("resize", "--memory", "1200m", "box");
		expect(later).toMatchObject({ code: 0, stdout: "box\n" });
		expect(later.stderr).toContain("start");
		expect(Number(await inside("cat", "/sys/fs/cgroup/memory.max"))).toBeLessThan(1024 * 2 ** 20);
		const disk = await machine("resize", "--disk", "4g", "box");
		expect(disk.code).not.toBe(0);
		expect(disk.stderr).toContain("--disk");
		expect((await machine("resize", "box")).stderr).toContain("say what to change");
	},
	timeoutMs,
);

test(
	"it is turned off cleanly, and its files are there when it is on again",
	async () => {
		await inside("sh", "-c", "echo kept > /root/kept");
		expect(await ok("machine", "stop", "box")).toBe("box\n");
		expect(await state("{{.State.Status}} {{.State.ExitCode}}")).toBe("exited 0");
		expect((await machine("ssh", "box", "true")).stderr).toContain("is not running");
		await ok("machine", "start", "box");
		await untilUp();
		expect(await inside("cat", "/root/kept")).toBe("kept\n");
		expect(await inside("cat", "/sys/fs/cgroup/memory.max")).toBe(`${1200 * 2 ** 20}\n`);
		expect(await ok("machine", "console", "--no-follow", "--tail", "all", "box")).toContain(
			"Halting system.",
		);
	},
	timeoutMs,
);

test(
	"a snapshot of it goes on as another machine",
	async () => {
		await inside("sh", "-c", "echo here > /dev/shm/memory");
		await ok("machine", "snapshot", "--name", "moment", "box");
		await ok("snapshot", "restore", "--name", "again", "moment");
		expect(await ok("machine", "ssh", "again", "cat", "/dev/shm/memory")).toBe("here\n");
		expect(await ok("machine", "ssh", "again", "cat", "/proc/1/comm")).toBe("systemd\n");
		expect(await inside("cat", "/dev/shm/memory")).toBe("here\n");
		await ok("machine", "rm", "-f", "again");
		await ok("snapshot", "rm", "moment");
	},
	timeoutMs,
);

test(
	"its commands refuse containers that are no machines, and touch nothing",
	async () => {
		await hull.ok(["run", "-d", "--name", "plain", "busybox", "sleep", "1000"]);
		const lines: readonly string[][] = [
			["inspect", "plain"],
			["rm", "-f", "plain"],
			["rm", "-f", "box", "plain"],
			["start", "plain"],
			["stop", "plain"],
			["snapshot", "plain"],
			["ssh", "plain", "true"],
			["console", "plain"],
			["resize", "--memory", "64m", "plain"],
		];
		for (const line of lines) {
			const { code, stdout, stderr } = await machine(...line);
			expect({ line, code, stdout, stderr }).toMatchObject({ code: 1, stdout: "" });
			expect(stderr).toContain("plain is a container, not a machine");
		}
		expect(await hull.ok(["inspect", "-f", "{{.State.Running}}", "plain", "box"])).toBe("true\ntrue\n");
		expect((await machine("start", "nosuch")).stderr).toContain("nosuch");
		const noInit = await machine("create", "--name", "hollow", "busybox");
		expect(noInit.code).toBe(0);
		const started = await machine("start", "hollow");
		expect(started.code).not.toBe(0);
		expect(started.stderr).toContain("/sbin/init");
	},
	timeoutMs,
);

test(
	"removed, its disk is gone",
	async () => {
		expect((await machine("rm", "box")).code).not.toBe(0);
		expect(await ok("machine", "rm", "-f", "box")).toBe("box\n");
		expect((await machine("inspect", "box")).code).not.toBe(0);
	},
	timeoutMs,
);
