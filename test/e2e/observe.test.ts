import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { dockerProgram } from "../support/docker-cli.ts";
import { eventually } from "../support/eventually.ts";

let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
});
afterAll(async () => hull[Symbol.asyncDispose]());

/** A command that goes on: its output so far, and an end. */
function follow(...args: string[]) {
	const child = spawn(dockerProgram, ["-H", `unix://${hull.socket}`, ...args], {
		stdio: ["ignore", "pipe", "pipe"],
	});
	let output = "";
	child.stdout.on("data", (chunk) => {
		output += chunk;
	});
	const ended = new Promise<number>((resolve) => child.on("close", (code) => resolve(code ?? -1)));
	return { output: () => output, ended, stop: () => child.kill("SIGTERM") };
}

describe("logs", () => {
	test("streams apart, tail, timestamps, since and until", async () => {
		await hull.ok([
			"run",
			"--name",
			"logger",
			"busybox",
			"sh",
			"-c",
			"for i in 1 2 3; do echo out$i; done; echo err >&2; printf tail",
		]);
		const all = await hull.docker(["logs", "logger"]);
		expect(all).toMatchObject({ stdout: "out1\nout2\nout3\ntail", stderr: "err\n" });
		expect((await hull.docker(["logs", "--tail", "2", "logger"])).stdout).toBe("tail");
		const stamped = await hull.ok(["logs", "-t", "logger"]);
		expect(stamped.split("\n")[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z out1$/);
		const time = stamped.split(" ")[0]!;
		expect(await hull.ok(["logs", "--since", time, "logger"])).toContain("out1");
		expect(await hull.ok(["logs", "--until", "2001-01-01T00:00:00Z", "logger"])).toBe("");
		await hull.ok(["rm", "logger"]);
	});

	test("following shows lines as they come and ends with the container", async () => {
		await hull.ok([
			"run",
			"-d",
			"--name",
			"talker",
			"busybox",
			"sh",
			"-c",
			"echo first; read x < /proc/1/stat; sleep 0.5; echo last",
		]);
		const following = follow("logs", "-f", "talker");
		await eventually(() => expect(following.output()).toContain("first"));
		expect(await following.ended).toBe(0);
		expect(following.output()).toBe("first\nlast\n");
		await hull.ok(["rm", "talker"]);
	});

	test("following over rotations loses no line", async () => {
		await hull.ok([
			...[
				"run",
				"-d",
				"--name",
				"rotator",
				"--log-opt",
				"max-size=200k",
				"--log-opt",
				"max-file=5",
				"busybox",
			],
			...[
				"sh",
				"-c",
				"sleep 0.3; i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); [ $((i % 500)) = 0 ] && sleep 0.02; done",
			],
		]);
		const following = follow("logs", "-f", "rotator");
		await following.ended;
		const expected = Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join("");
		expect(following.output() === expected).toBe(true);
		await hull.ok(["rm", "rotator"]);
	});

	test("without a log there is nothing to read, and the error says so", async () => {
		await hull.ok(["run", "--name", "mute", "--log-driver", "none", "busybox", "echo", "x"]);
		expect((await hull.docker(["logs", "mute"])).stderr).toContain(
			"configured logging driver does not support reading",
		);
		await hull.ok(["rm", "mute"]);
	});

	test("attach with logs=1 replays what was written", async () => {
		await hull.ok(["run", "-d", "--name", "past", "-t", "busybox", "sh", "-c", "echo before; sleep 100"]);
		await eventually(async () => expect(await hull.ok(["logs", "past"])).toContain("before"));
		const { text } = await hull.api("POST", "/containers/past/attach?logs=1&stdout=1");
		expect(text).toContain("before");
		await hull.ok(["rm", "-f", "past"]);
	});
});

describe("ps", () => {
	test("filters", async () => {
		await hull.ok([
			"run",
			"-d",
			"--name",
			"web-1",
			"-l",
			"app=web",
			"-v",
			"data:/data",
			"busybox",
			"sleep",
			"1000",
		]);
		await hull.ok(["create", "--name", "web-2", "-l", "app=web", "-l", "x", "busybox"]);
		await hull.docker(["run", "--name", "job", "--network", "none", "busybox", "sh", "-c", "exit 4"]);
		const names = async (...filters: string[]) =>
			(
				await hull.ok([
					"ps",
					"-a",
					"--format",
					"{{.Names}}",
					...filters.flatMap((filter) => ["--filter", filter]),
				])
			)
				.split("\n")
				.filter((name) => name !== "");
		expect(await names()).toEqual(["job", "web-2", "web-1"]);
		expect(await names("label=app=web")).toEqual(["web-2", "web-1"]);
		expect(await names("label=app=web", "label=x")).toEqual(["web-2"]);
		expect(await names("name=web")).toEqual(["web-2", "web-1"]);
		expect(await names("name=^job$")).toEqual(["job"]);
		expect(await names("status=running")).toEqual(["web-1"]);
		expect(await names("status=exited", "exited=4")).toEqual(["job"]);
		expect(await names("exited=3")).toEqual([]);
		expect(await names("before=web-2")).toEqual(["web-1"]);
		expect(await names("since=web-2")).toEqual(["job"]);
		expect(await names("volume=data")).toEqual(["web-1"]);
		expect(await names("network=none")).toEqual(["job"]);
		expect(await names("ancestor=busybox")).toEqual(["job", "web-2", "web-1"]);
		expect(await names("health=none")).toEqual(["job", "web-2", "web-1"]);
		expect((await hull.docker(["ps", "--filter", "nosuch=1"])).stderr).toContain("invalid filter 'nosuch'");
		expect(await hull.ok(["ps", "-n", "1", "--format", "{{.Names}}"])).toBe("job\n");
		expect(await hull.ok(["ps", "-a", "-s", "--filter", "name=job", "--format", "{{.Size}}"])).toMatch(
			/virtual/,
		);
		expect(await hull.ok(["ps", "--format", "{{.Status}}|{{.Command}}|{{.Image}}"])).toMatch(
			/^Up .*second.*\|"sleep 1000"\|busybox\n$/,
		);
		await hull.ok(["rm", "-f", "web-1", "web-2", "job"]);
		await hull.ok(["volume", "rm", "data"]);
	});
});

describe("inspect, top, stats", () => {
	test("inspect has what clients look for", async () => {
		await hull.ok(["run", "-d", "--name", "seen", "-m", "64m", "-e", "A=1", "busybox", "sleep", "1000"]);
		const [answer] = JSON.parse(await hull.ok(["inspect", "seen"]));
		expect(answer).toMatchObject({
			Name: "/seen",
			Path: "sleep",
			Args: ["1000"],
			Driver: "overlay",
			RestartCount: 0,
			Config: {
				Image: "busybox",
				Env: ["A=1", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
				Cmd: ["sleep", "1000"],
			},
			HostConfig: {
				NetworkMode: "bridge",
				Memory: 67108864,
				MemorySwap: 134217728,
				LogConfig: { Type: "json-file" },
			},
			State: { Status: "running", OOMKilled: false, Error: "" },
		});
		expect(answer.NetworkSettings.Networks.bridge.IPAddress).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
		expect(answer.Id).toStartWith(answer.Config.Hostname);
		await hull.ok(["rm", "-f", "seen"]);
	});

	test("top shows its processes, stats what they use", async () => {
		await hull.ok(["run", "-d", "--name", "busy", "busybox", "sh", "-c", "while :; do :; done"]);
		expect(await hull.ok(["top", "busy"])).toContain("while :; do :; done");
		expect((await hull.ok(["top", "busy", "-o", "pid,comm"])).split("\n")[0]).toMatch(/PID\s+COMMAND/);
		const { json } = await hull.api("GET", "/containers/busy/stats?stream=0");
		expect(json.cpu_stats.cpu_usage.total_usage).toBeGreaterThan(json.precpu_stats.cpu_usage.total_usage);
		expect(json.cpu_stats.system_cpu_usage).toBeGreaterThan(json.precpu_stats.system_cpu_usage);
		expect(json.memory_stats.usage).toBeGreaterThan(0);
		expect(json.pids_stats.current).toBe(1);
		expect(Object.keys(json.networks)).toEqual(["eth0"]);
		await hull.ok(["rm", "-f", "busy"]);
		expect((await hull.api("GET", "/containers/busy/stats?stream=0")).status).toBe(404);
	});
});

describe("events", () => {
	test("history, with a filter and an end", async () => {
		await hull.ok(["run", "--rm", "--name", "old", "busybox", "true"]);
		const history = () =>
			hull.ok([
				...["events", "--since", "1h", "--until", "0s", "--filter", "event=die", "--filter", "container=old"],
				...["--format", "{{.Action}} {{.Actor.Attributes.name}}"],
			]);
		// The client asks by whole seconds.
		await eventually(async () => expect(await history()).toBe("die old\n"));
	});
});
