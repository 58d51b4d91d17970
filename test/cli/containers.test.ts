import { afterAll, beforeAll, expect, test } from "bun:test";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { type HullOptions, hullCli } from "../support/hull-cli.ts";

let engine: TestDaemon;
beforeAll(async () => {
	engine = await startTestDaemon();
	await hull([
		"run",
		"-d",
		"--name",
		"web",
		"-l",
		"tier=front",
		"-v",
		"data:/data",
		"busybox",
		"sh",
		"-c",
		script,
	]);
});
afterAll(async () => {
	await hull(["rm", "-fv", "web"]);
	await hull(["volume", "rm", "-f", "data"]);
	await engine[Symbol.asyncDispose]();
});

const script = "echo one; echo two >&2; touch /made; rm /etc/group; sleep 1000";
const hull = (args: readonly string[], options?: HullOptions) => hullCli(engine.socket, args, options);
const out = async (...args: string[]) => {
	const result = await hull(args);
	expect(result.stderr).toBe("");
	expect(result.code).toBe(0);
	return result.stdout;
};

test("ps shows a table, ids, JSON and templates, filtered", async () => {
	const [header, row] = (await out("ps")).split("\n");
	expect(header).toMatch(/^CONTAINER ID {3}IMAGE {5}COMMAND {18}CREATED {2,}STATUS {2,}PORTS {5}NAMES$/);
	expect(row).toMatch(/^[0-9a-f]{12} {3}busybox {3}"sh -c 'echo one; ec…" /);
	expect(row).toEndWith("web");
	expect(await out("ps", "-q")).toMatch(/^[0-9a-f]{12}\n$/);
	expect(JSON.parse(await out("ps", "--format", "json"))).toMatchObject({
		Names: "web",
		State: "running",
		Labels: "tier=front",
	});
	expect(await out("ps", "--format", "table {{.Names}}\\t{{.Image}}")).toBe(
		"NAMES     IMAGE\nweb       busybox\n",
	);
	expect(await out("ps", "--format", '{{.Label "tier"}} {{upper .Names}}')).toBe("front WEB\n");
	expect(await out("ps", "-q", "--filter", "label=tier=back")).toBe("");
	expect(await out("container", "ls", "--filter", "name=web", "--format", "{{.Names}}")).toBe("web\n");
	const bad = await hull(["ps", "--format", "{{.Nmaes}}"]);
	expect(bad.code).toBe(1);
	expect(bad.stderr).toStartWith("failed to execute template: ");
});

test("inspect gives the engine's document, or what a template takes of it", async () => {
	const [document] = JSON.parse(await out("inspect", "web"));
	expect(document).toMatchObject({ Name: "/web", State: { Running: true } });
	expect(await out("inspect", "-f", "{{.State.Status}} {{len .Mounts}} {{json .Config.Labels}}", "web")).toBe(
		'running 1 {"tier":"front"}\n',
	);
	expect(await out("inspect", "-f", "{{range .Mounts}}{{.Name}}:{{.Destination}}{{end}}", "web")).toBe(
		"data:/data\n",
	);
	const both = await hull(["inspect", "web", "nosuch"]);
	expect(both.code).toBe(1);
	expect(JSON.parse(both.stdout)).toHaveLength(1);
	expect(both.stderr).toBe("Error: No such object: nosuch\n");
	expect(JSON.parse(await out("inspect", "--type", "volume", "data"))[0].Name).toBe("data");
});

test("logs keeps the streams apart, takes a tail and follows", async () => {
	const all = await eventually(async () => {
		const result = await hull(["logs", "web"]);
		expect(result.stdout + result.stderr).toHaveLength(8);
		return result;
	});
	expect(all).toEqual({ code: 0, stdout: "one\n", stderr: "two\n" });
	expect((await hull(["logs", "-n", "1", "web"])).stderr).toBe("two\n");
	expect((await hull(["logs", "-t", "web"])).stdout).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z one\n$/);
	expect((await hull(["logs", "--since", "1h", "--until", "0s", "web"])).stdout).toBe("one\n");
	await hull(["run", "-d", "--name", "slow", "busybox", "sh", "-c", "echo a; sleep 0.5; echo b"]);
	expect(await out("logs", "-f", "slow")).toBe("a\nb\n");
	await out("rm", "slow");
});

test("exec gives output and exit code, and 127 for what is not there", async () => {
	expect(await out("exec", "-e", "A=5", "-w", "/tmp", "web", "sh", "-c", "echo $A; pwd")).toBe("5\n/tmp\n");
	expect((await hull(["exec", "web", "sh", "-c", "exit 9"])).code).toBe(9);
	expect((await hull(["exec", "-i", "web", "cat"], { input: "through" })).stdout).toBe("through");
	expect([126, 127]).toContain((await hull(["exec", "web", "nosuch"])).code);
	expect(await out("exec", "-d", "web", "true")).toBe("");
	const absent = await hull(["exec", "nosuch", "ls"]);
	expect(absent).toEqual({
		code: 1,
		stdout: "",
		stderr: "Error response from daemon: No such container: nosuch\n",
	});
});

test("top, stats, port and diff tell about a running container", async () => {
	expect(await out("top", "web", "-o", "pid,comm")).toMatch(/^PID {17}COMMAND\n\d+ +/);
	expect(await out("stats", "--no-stream", "--format", "{{.Name}} {{.PIDs}}", "web")).toMatch(/^web [12]\n$/);
	expect(JSON.parse(await out("stats", "--no-stream", "--format", "json", "web"))).toHaveProperty("MemUsage");
	expect(await out("port", "web")).toBe("");
	expect((await hull(["port", "web", "80"])).stderr).toBe("Error: No public port '80' published for web\n");
	const changes = (await out("diff", "web")).split("\n");
	expect(changes).toContain("A /made");
	expect(changes).toContain("D /etc/group");
});

test("pause, unpause, rename, update, restart, kill, wait, start and stop say what they did", async () => {
	expect(await out("run", "-d", "--name", "one", "busybox", "sleep", "100")).toMatch(/^[0-9a-f]{64}\n$/);
	expect(await out("pause", "one")).toBe("one\n");
	expect(await out("ps", "--filter", "name=one", "--format", "{{.Status}}")).toContain("(Paused)");
	expect(await out("unpause", "one")).toBe("one\n");
	expect(await out("rename", "one", "two")).toBe("");
	expect(await out("update", "--memory", "64m", "--memory-swap", "128m", "two")).toBe("two\n");
	expect(await out("inspect", "-f", "{{.HostConfig.Memory}}", "two")).toBe("67108864\n");
	expect(await out("restart", "-t", "0", "two")).toBe("two\n");
	const waiting = hull(["wait", "two"]);
	expect(await out("kill", "-s", "KILL", "two")).toBe("two\n");
	expect(await waiting).toEqual({ code: 0, stdout: "137\n", stderr: "" });
	expect(await out("start", "two")).toBe("two\n");
	expect(await out("stop", "-t", "0", "two")).toBe("two\n");
	const some = await hull(["rm", "two", "nosuch"]);
	expect(some).toEqual({
		code: 1,
		stdout: "two\n",
		stderr: "Error response from daemon: No such container: nosuch\n",
	});
	expect((await hull(["rm", "-f", "nosuch"])).code).toBe(0);
});

test("events tells what happened, in three forms", async () => {
	await out("run", "--rm", "--name", "short", "busybox", "true");
	const filter = ["--since", "1m", "--until", "0s", "--filter", "container=short", "--filter", "event=die"];
	expect(await out("events", ...filter)).toMatch(
		/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}\S+ container die [0-9a-f]{64} \(.*exitCode=0.*name=short\)\n$/,
	);
	expect(await out("events", ...filter, "--format", "{{.Action}} {{.Actor.Attributes.name}}")).toBe(
		"die short\n",
	);
	const line = await out("events", ...filter, "--format", "json");
	expect(line).toMatch(/"timeNano":\d{19}/);
	expect(JSON.parse(line).Action).toBe("die");
});

test("prune asks before it removes, and removes what is stopped", async () => {
	await out("create", "--name", "stale", "busybox");
	const refused = await hull(["container", "prune"], { input: "n\n" });
	expect(refused.code).toBe(1);
	expect(refused.stdout).toBe(
		"WARNING! This will remove all stopped containers.\nAre you sure you want to continue? [y/N] ",
	);
	expect(await out("ps", "-a", "--format", "{{.Names}}")).toContain("stale");
	const agreed = await hull(["container", "prune"], { input: "y\n" });
	expect(agreed.stdout).toMatch(/Deleted Containers:\n[0-9a-f]{64}\n\nTotal reclaimed space: 0B\n$/);
	expect(await out("ps", "-a", "--format", "{{.Names}}")).toBe("web\n");
});

test("volume and network commands", async () => {
	expect(await out("volume", "create", "--label", "a=b", "vol")).toBe("vol\n");
	expect(await out("volume", "ls", "--filter", "name=vol")).toBe("DRIVER    VOLUME NAME\nlocal     vol\n");
	expect(JSON.parse(await out("volume", "inspect", "vol"))[0].Labels).toEqual({ a: "b" });
	const used = await hull(["volume", "rm", "data"]);
	expect(used.code).toBe(1);
	expect(used.stderr).toContain("volume is in use");
	expect(await out("volume", "rm", "vol")).toBe("vol\n");
	expect(await out("volume", "prune", "-f")).toContain("Total reclaimed space: 0B\n");
	expect(await out("network", "ls", "--format", "{{.Name}}")).toBe("bridge\nhost\nnone\n");
	expect(JSON.parse(await out("network", "inspect", "bridge"))[0].Driver).toBe("bridge");
});

test("version, info and system df tell about the engine", async () => {
	expect(await out("version")).toMatch(/^Client:\n Version: {10}\S+\n[\s\S]*\nServer: Hull\n Engine:\n/);
	expect(await out("version", "--format", "{{.Server.ApiVersion}}")).toBe("1.55\n");
	expect(await out("info", "--format", "{{.ContainersRunning}}")).toBe("1\n");
	// Warnings about the host are on stderr.
	expect((await hull(["info"])).stdout).toContain("\n Images: 1\n");
	expect(await out("system", "df", "--format", "{{.Type}} {{.TotalCount}} {{.Active}}")).toBe(
		"Images 1 1\nContainers 1 1\nLocal Volumes 1 1\nBuild Cache 0 0\nContainer Logs 1 1\nVM Images 0 0\nVolume Snapshots 0 0\nEngine 1 1\n",
	);
	expect(await out("system", "df", "-v")).toMatch(/VOLUME NAME {3}LINKS {5}SIZE\ndata/);
});

test("an engine that is not there is named, with what to do", async () => {
	const result = await hullCli("/nonexistent/engine.sock", ["ps"]);
	expect(result).toEqual({
		code: 1,
		stdout: "",
		stderr:
			"cannot connect to the engine at unix:///nonexistent/engine.sock. Is the engine running? Start it with 'hulld', or choose another with --host or HULL_HOST\n",
	});
	const ssh = await hull(["-H", "ssh://somewhere", "ps"]);
	expect(ssh.stderr).toBe('invalid engine address "ssh://somewhere": ssh:// is not supported\n');
});
