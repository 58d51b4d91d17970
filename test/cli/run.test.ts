import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { type HullOptions, hullCli } from "../support/hull-cli.ts";

let engine: TestDaemon;
const folder = mkdtempSync(join(tmpdir(), "hull-cli-run-"));
beforeAll(async () => {
	engine = await startTestDaemon();
});
afterAll(async () => {
	await engine[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
});

const hull = (args: readonly string[], options?: HullOptions) => hullCli(engine.socket, args, options);

test("run shows both streams apart and gives the process's exit code", async () => {
	const result = await hull(["run", "--rm", "busybox", "sh", "-c", "echo out; echo err >&2; exit 7"]);
	expect(result).toEqual({ code: 7, stdout: "out\n", stderr: "err\n" });
});

test("run -i passes stdin on, with its end", async () => {
	const input = Buffer.alloc(3_000_000, "0123456789");
	const result = await hull(["run", "-i", "--rm", "busybox", "sh", "-c", "cat | md5sum; echo done"], {
		input,
	});
	const sum = new Bun.CryptoHasher("md5").update(input).digest("hex");
	expect(result.stdout).toBe(`${sum}  -\ndone\n`);
});

test("without -i the container has no input", async () => {
	const result = await hull(["run", "--rm", "busybox", "cat"], { input: "unheard" });
	expect(result).toEqual({ code: 0, stdout: "", stderr: "" });
});

test.each([
	["nosuch", 127],
	["/etc/passwd", 126],
	["/etc", 126],
])("run %s gives %i and says so", async (command, code) => {
	const result = await hull(["run", "--rm", "busybox", command]);
	expect(result.code).toBe(code);
	expect(result.stderr).toStartWith("hull: Error response from daemon: ");
	expect(result.stderr).toEndWith("\n\nRun 'hull run --help' for more information\n");
	expect((await hull(["ps", "-aq"])).stdout).toBe("");
});

test("an image that is not there and cannot be pulled gives 125", async () => {
	const never = await hull(["run", "--rm", "--pull", "never", "nosuch"]);
	expect(never.code).toBe(125);
	expect(never.stderr).toContain("No such image: nosuch:latest");
	const missing = await hull(["run", "--rm", "127.0.0.1:1/nosuch"]);
	expect(missing.code).toBe(125);
	expect(missing.stderr).toStartWith("Unable to find image '127.0.0.1:1/nosuch:latest' locally\n");
});

test("what the engine cannot give is refused by name, with 125 and nothing left behind", async () => {
	const result = await hull(["run", "--rm", "--gpus", "all", "busybox", "true"]);
	expect(result.code).toBe(125);
	expect(result.stderr.toLowerCase()).toContain("device");
	expect((await hull(["ps", "-aq"])).stdout).toBe("");
});

test("run -d prints the id, --cidfile keeps it, --name names it", async () => {
	const file = join(folder, "id");
	const { stdout } = await hull(["run", "-d", "--name", "web", "--cidfile", file, "busybox", "sleep", "100"]);
	expect(stdout).toMatch(/^[0-9a-f]{64}\n$/);
	expect(readFileSync(file, "utf8")).toBe(stdout.trim());
	const again = await hull(["run", "--cidfile", file, "busybox", "true"]);
	expect(again.code).toBe(125);
	expect(again.stderr).toContain("container ID file found");
	const conflict = await hull(["run", "--name", "web", "busybox", "true"]);
	expect(conflict.code).toBe(125);
	expect(conflict.stderr).toContain('The container name "/web" is already in use');
	expect((await hull(["rm", "-f", "web"])).stdout).toBe("web\n");
});

test("environment, label and relative mount come from here", async () => {
	writeFileSync(join(folder, "variables"), "FROM_FILE=1\nCLIENT\n");
	writeFileSync(join(folder, "labels"), "a=b\n");
	const flags = ["--env-file", "variables", "-e", "CLIENT2", "--label-file", "labels", "-v", "./:/here:ro"];
	const result = await hull(
		["run", "--name", "env", ...flags, "busybox", "sh", "-c", "echo $FROM_FILE $CLIENT $CLIENT2; ls /here"],
		{ cwd: folder, env: { CLIENT: "two", CLIENT2: "three" } },
	);
	expect(result.stdout).toBe("1 two three\nlabels\nvariables\n".replace("labels", "id\nlabels"));
	expect((await hull(["inspect", "-f", "{{.Config.Labels.a}}", "env"])).stdout).toBe("b\n");
	await hull(["rm", "env"]);
});

test("a signal to hull reaches the process, whose exit code comes back", async () => {
	const script = "trap 'echo got; exit 9' TERM; echo ready; while :; do sleep 0.05; done";
	let pid = 0;
	let sent = false;
	const result = await hull(["run", "--rm", "busybox", "sh", "-c", script], {
		onStart: (started) => {
			pid = started;
		},
		onOutput: (stdout) => {
			if (!stdout.includes("ready") || sent) return;
			sent = true;
			process.kill(pid, "SIGTERM");
		},
	});
	expect(result).toEqual({ code: 9, stdout: "ready\ngot\n", stderr: "" });
});

test("a signal reaches the process also while nobody reads the output", async () => {
	const { spawn } = await import("node:child_process");
	const { hullCommand } = await import("../support/hull-cli.ts");
	const [program, ...entry] = hullCommand();
	const child = spawn(
		program,
		[...entry, "run", "--rm", "busybox", "sh", "-c", "trap 'exit 9' INT; yes & wait"],
		{
			stdio: ["ignore", "pipe", "inherit"],
			env: { ...process.env, HULL_HOST: `unix://${engine.socket}` },
		},
	);
	child.stdout.pause();
	await eventually(async () => expect((await hull(["ps", "-q"])).stdout).not.toBe(""));
	child.kill("SIGINT");
	await eventually(async () => expect((await hull(["ps", "-q"])).stdout).toBe(""));
	child.stdout.resume();
	expect(await new Promise((resolve) => child.on("close", resolve))).toBe(9);
});

test("a reader that goes away ends hull quietly", async () => {
	const { stdout, stderr, code } = await shell(`"$@" run --rm busybox yes | head -1; echo $?`);
	expect({ stdout, stderr, code }).toEqual({ stdout: "y\n0\n", stderr: "", code: 0 });
	await hull(["container", "prune", "-f"]);
	for (const id of (await hull(["ps", "-q"])).stdout.split("\n").filter(Boolean))
		await hull(["rm", "-f", id]);
});

test("start -a follows a container and ends with its exit code; start -i feeds it", async () => {
	await hull(["create", "--name", "again", "-i", "busybox", "sh", "-c", "read line; echo got $line; exit 4"]);
	const result = await hull(["start", "-ai", "again"], { input: "this\n" });
	expect(result).toEqual({ code: 4, stdout: "got this\n", stderr: "" });
	expect((await hull(["wait", "again"])).stdout).toBe("4\n");
	await hull(["rm", "again"]);
});

test("--rm is over only when the container is gone", async () => {
	for (let round = 0; round < 5; round++) {
		const result = await hull(["run", "--rm", "--name", "same", "busybox", "echo", String(round)]);
		expect(result).toEqual({ code: 0, stdout: `${round}\n`, stderr: "" });
	}
});

test("--sig-proxy=false leaves the process alone", async () => {
	const script = "echo ready; sleep 100";
	let pid = 0;
	const result = await hull(["run", "--name", "alone", "--sig-proxy=false", "busybox", "sh", "-c", script], {
		onStart: (started) => {
			pid = started;
		},
		onOutput: () => process.kill(pid, "SIGTERM"),
	});
	expect(result.code).not.toBe(0);
	expect((await hull(["inspect", "-f", "{{.State.Running}}", "alone"])).stdout).toBe("true\n");
	await hull(["rm", "-f", "alone"]);
});

test("a bad command line gives 125, the usage and the flag that was meant", async () => {
	const unknown = await hull(["run", "--detatch", "busybox"]);
	expect(unknown.code).toBe(125);
	expect(unknown.stderr).toBe(
		"unknown flag: --detatch\n\nDid you mean --detach?\n\nUsage:  hull run [OPTIONS] IMAGE [COMMAND] [ARG...]\n\nRun 'hull run --help' for more information\n",
	);
	const value = await hull(["run", "-m", "lots", "busybox"]);
	expect(value.code).toBe(125);
	expect(value.stderr).toStartWith(`invalid argument "lots" for "-m, --memory" flag: invalid size: 'lots'\n`);
	const command = await hull(["contaner", "ls"]);
	expect(command.code).toBe(1);
	expect(command.stderr).toContain("Did you mean 'hull container'?");
	expect(existsSync(join(folder, "nothing"))).toBe(false);
});

async function shell(script: string) {
	const { spawnSync } = await import("node:child_process");
	const { hullCommand } = await import("../support/hull-cli.ts");
	const result = spawnSync("sh", ["-c", script, "sh", ...hullCommand()], {
		encoding: "utf8",
		env: { ...process.env, HULL_HOST: `unix://${engine.socket}` },
	});
	return { stdout: result.stdout, stderr: result.stderr, code: result.status };
}
