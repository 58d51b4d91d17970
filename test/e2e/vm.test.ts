import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
	existsSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	truncateSync,
	writeFileSync,
} from "node:fs";
import { release, tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";

let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon({ arguments: ["--vm-memory", "128m"] });
}, 60_000);
afterAll(async () => hull[Symbol.asyncDispose](), 60_000);

const isolated = ["run", "--isolation", "vm"];
const run = (...args: string[]) => hull.docker([...isolated, "--rm", ...args]);
const runOk = (...args: string[]) => hull.ok([...isolated, "--rm", ...args]);
/** A machine that stays until it is removed. */
const start = (name: string, ...args: string[]) => hull.ok([...isolated, "-d", "--name", name, ...args]);
const remove = (name: string) => hull.ok(["rm", "-f", name]);

/** Without KVM a cold boot takes seconds, on a busy machine many. */
const slow = 60_000;

describe("a container with a kernel of its own", () => {
	test(
		"its kernel is not the host's",
		async () => {
			const seen = (await runOk("busybox", "uname", "-r")).trim();
			expect(seen).not.toBe(release());
			expect(seen).toMatch(/^\d+\.\d+/);
		},
		slow,
	);

	test(
		"output, input and exit codes are those of a container",
		async () => {
			expect(await run("busybox", "sh", "-c", "echo out; echo err >&2; exit 7")).toMatchObject({
				code: 7,
				stdout: "out\n",
				stderr: "err\n",
			});
			const cat = await hull.docker([...isolated, "--rm", "-i", "busybox", "cat"], { input: "a\nb\n" });
			expect(cat.stdout).toBe("a\nb\n");
			expect((await run("busybox", "nosuch")).code).toBe(127);
			expect((await run("busybox", "/etc/passwd")).code).toBe(126);
		},
		slow,
	);

	test(
		"environment, user, working folder and host name",
		async () => {
			const script = "id -u; pwd; hostname; echo $WORD";
			const flags = ["-u", "nobody", "-w", "/tmp", "-h", "vessel", "-e", "WORD=hi"];
			expect(await runOk(...flags, "busybox", "sh", "-c", script)).toBe("65534\n/tmp\nvessel\nhi\n");
		},
		slow,
	);

	test(
		"inspect says so",
		async () => {
			await start("told", "busybox", "sleep", "1000");
			expect(await hull.ok(["inspect", "-f", "{{.HostConfig.Isolation}} {{.State.Running}}", "told"])).toBe(
				"vm true\n",
			);
			await remove("told");
		},
		slow,
	);
});

describe("while it runs", () => {
	test(
		"exec, top, stats and logs",
		async () => {
			await start("busy", "--memory", "64m", "busybox", "sh", "-c", "echo first; exec sleep 1000");
			expect(await hull.ok(["exec", "-e", "A=b", "busy", "sh", "-c", "echo $A; id -u"])).toBe("b\n0\n");
			expect((await hull.docker(["exec", "busy", "sh", "-c", "exit 3"])).code).toBe(3);
			await eventually(async () => expect(await hull.ok(["top", "busy"])).toMatch(/ sleep 1000$/m));
			expect(await hull.ok(["stats", "--no-stream", "--format", "{{.MemUsage}}", "busy"])).toContain(
				"/ 64MiB",
			);
			expect(await hull.ok(["logs", "busy"])).toBe("first\n");
			await remove("busy");
		},
		slow,
	);

	test(
		"pause stands still, and exec goes on after it",
		async () => {
			await start("calm", "busybox", "sleep", "1000");
			await hull.ok(["pause", "calm"]);
			expect(await hull.ok(["inspect", "-f", "{{.State.Status}}", "calm"])).toBe("paused\n");
			await hull.ok(["unpause", "calm"]);
			expect(await hull.ok(["exec", "calm", "echo", "on"])).toBe("on\n");
			await remove("calm");
		},
		slow,
	);

	test(
		"stop, start and what was written in between",
		async () => {
			await start("kept", "busybox", "sh", "-c", "trap 'exit 5' TERM; while :; do sleep 0.1; done");
			await hull.ok(["exec", "kept", "sh", "-c", "echo here > /file"]);
			await hull.ok(["stop", "kept"]);
			expect(await hull.ok(["inspect", "-f", "{{.State.ExitCode}}", "kept"])).toBe("5\n");
			await hull.ok(["start", "kept"]);
			expect(await hull.ok(["exec", "kept", "cat", "/file"])).toBe("here\n");
			await hull.ok(["kill", "kept"]);
			expect(await hull.ok(["wait", "kept"])).toBe("137\n");
			await remove("kept");
		},
		slow,
	);

	test(
		"a daemon that is killed leaves it running, and the next one takes it up",
		async () => {
			await start("orphan", "busybox", "sh", "-c", "i=0; while :; do i=$((i+1)); echo $i; sleep 0.1; done");
			const pid = await hull.ok(["inspect", "-f", "{{.State.Pid}}", "orphan"]);
			await hull.kill();
			await hull.start();
			expect(await hull.ok(["inspect", "-f", "{{.State.Status}} {{.State.Pid}}", "orphan"])).toBe(
				`running ${pid}`,
			);
			expect(await hull.ok(["exec", "orphan", "echo", "back"])).toBe("back\n");
			await remove("orphan");
		},
		slow,
	);
});

test(
	"a template that is damaged is no reason not to start, and is made anew",
	async () => {
		await runOk("busybox", "true");
		const root = join(hull.dataRoot, "vm/templates");
		const made = (name: string) => readdirSync(root).map((template) => join(root, template, name));
		const isWhole = () => {
			expect(made("state").filter((path) => existsSync(path))).toHaveLength(1);
			return made("memory")[0]!;
		};
		const damages = {
			"a state that makes no sense": () => writeFileSync(made("state")[0]!, "nonsense"),
			"no memory": () => rmSync(made("memory")[0]!),
			"a memory of zeros, in which no guest lives": () => {
				const { size } = statSync(made("memory")[0]!);
				truncateSync(made("memory")[0]!, 0);
				truncateSync(made("memory")[0]!, size);
			},
		};
		for (const [what, damage] of Object.entries(damages)) {
			const before = statSync(await eventually(isWhole, slow)).ino;
			await hull.stop();
			damage();
			await hull.start();
			expect({ what, said: await runOk("busybox", "echo", "here") }).toEqual({ what, said: "here\n" });
			await eventually(() => expect(statSync(isWhole()).ino).not.toBe(before), slow);
		}
	},
	3 * slow,
);

describe("its surroundings", () => {
	test(
		"a machine and a container reach each other",
		async () => {
			await hull.ok(["run", "-d", "--name", "plain", "busybox", "sleep", "1000"]);
			await start("machine", "busybox", "sleep", "1000");
			const address = async (name: string) =>
				(await hull.ok(["inspect", "-f", "{{.NetworkSettings.Networks.bridge.IPAddress}}", name])).trim();
			const ping = async (from: string, to: string) =>
				hull.ok(["exec", from, "ping", "-c", "1", "-W", "5", await address(to)]);
			expect(await ping("machine", "plain")).toContain("1 packets received");
			expect(await ping("plain", "machine")).toContain("1 packets received");
			await hull.ok(["rm", "-f", "plain", "machine"]);
		},
		slow,
	);

	test(
		"without a network there is none",
		async () => {
			expect(await runOk("--network", "none", "busybox", "ls", "/sys/class/net")).toBe("lo\n");
		},
		slow,
	);

	test(
		"folders of the host and volumes, also read-only",
		async () => {
			const folder = mkdtempSync(join(tmpdir(), "hull-vm-"));
			try {
				writeFileSync(join(folder, "in"), "from outside\n");
				const script =
					"cat /bound/in; echo from inside > /bound/out; touch /fixed/x 2>&1; echo kept > /vol/f";
				const mounts = ["-v", `${folder}:/bound`, "-v", `${folder}:/fixed:ro`, "-v", "vmvol:/vol"];
				const output = await runOk(...mounts, "busybox", "sh", "-c", script);
				expect(output).toContain("from outside\n");
				expect(output).toContain("Read-only file system");
				expect(readFileSync(join(folder, "out"), "utf8")).toBe("from inside\n");
				expect(await runOk("-v", "vmvol:/vol", "busybox", "cat", "/vol/f")).toBe("kept\n");
				await hull.ok(["volume", "rm", "vmvol"]);
			} finally {
				rmSync(folder, { recursive: true, force: true });
			}
		},
		slow,
	);

	test(
		"a limit on memory holds inside",
		async () => {
			const { code } = await run("--memory", "32m", "busybox", "sh", "-c", "x=a; while :; do x=$x$x; done");
			expect(code).toBe(137);
		},
		slow,
	);

	test("what a machine cannot be is refused by name", async () => {
		const refused = async (...flags: string[]) => (await run(...flags, "busybox", "true")).stderr;
		expect(await refused("--network", "host")).toContain("HostConfig.NetworkMode: isolation vm cannot have");
		expect(await refused("--pid", "host")).toContain("HostConfig.PidMode: isolation vm cannot have");
		expect(await refused("--device", "/dev/null")).toContain("HostConfig.Devices: isolation vm cannot have");
		expect(await refused("--cpuset-cpus", "0")).toContain("isolation vm does not support a set of CPUs");
	});

	test(
		"nothing of it stays: no tap, no process, no control group",
		async () => {
			const taps = () => readdirSync("/sys/class/net").filter((name) => name.startsWith("hv"));
			const before = taps();
			await runOk("busybox", "true");
			await eventually(() => expect(taps().filter((name) => !before.includes(name))).toEqual([]));
		},
		slow,
	);
});
