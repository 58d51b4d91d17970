import { afterAll, beforeAll, expect, test } from "bun:test";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";

let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
	await hull.ok([
		"run",
		"-d",
		"--name",
		"box",
		"-e",
		"A=1",
		"-w",
		"/tmp",
		"-h",
		"boxhost",
		"busybox",
		"sleep",
		"10000",
	]);
});
afterAll(async () => hull[Symbol.asyncDispose]());

const exec = (...args: string[]) => hull.docker(["exec", ...args]);

test("output, errors and exit code", async () => {
	expect(await exec("box", "sh", "-c", "echo out; echo err >&2; exit 5")).toEqual({
		code: 5,
		stdout: "out\n",
		stderr: "err\n",
	});
});

test("the container's environment, folder and host name, unless the exec says otherwise", async () => {
	const script = 'echo "$A|$B|$(pwd)|$(id -u)|$(hostname)"';
	expect((await exec("box", "sh", "-c", script)).stdout).toBe("1||/tmp|0|boxhost\n");
	const other = await exec("-e", "B=2", "-e", "A=3", "-w", "/etc", "-u", "nobody", "box", "sh", "-c", script);
	expect(other.stdout).toBe("3|2|/etc|65534|boxhost\n");
});

test("stdin up to its end", async () => {
	const { stdout } = await hull.docker(["exec", "-i", "box", "sh", "-c", "cat; echo done"], { input: "x\n" });
	expect(stdout).toBe("x\ndone\n");
});

test("a program that is not there is 127, one that cannot be run 126", async () => {
	const missing = await exec("box", "nosuch");
	expect(missing.code).toBe(127);
	expect(missing.stdout + missing.stderr).toContain("executable file not found in $PATH");
	expect((await exec("box", "/etc/passwd")).code).toBe(126);
});

test("a user that came after the start is found", async () => {
	expect((await exec("-u", "late", "box", "id")).stdout).toContain("unable to find user late");
	await hull.ok(["exec", "box", "sh", "-c", "echo late:x:77:77::/tmp:/bin/sh >> /etc/passwd"]);
	expect((await exec("-u", "late", "box", "id", "-u")).stdout).toBe("77\n");
});

test("detached it runs on, and inspect knows how it ended", async () => {
	const created = await hull.api("POST", "/containers/box/exec", { Cmd: ["sh", "-c", "sleep 0.3; exit 6"] });
	expect(created.status).toBe(201);
	const { Id: id } = created.json;
	expect((await hull.api("POST", `/exec/${id}/start`, { Detach: true })).status).toBe(200);
	expect((await hull.api("GET", `/exec/${id}/json`)).json).toMatchObject({ Running: true, ID: id });
	await eventually(async () =>
		expect((await hull.api("GET", `/exec/${id}/json`)).json).toMatchObject({ Running: false, ExitCode: 6 }),
	);
	const again = await hull.api("POST", `/exec/${id}/start`, { Detach: true });
	expect(again.status).toBe(409);
	expect(again.json.message).toContain("has already run");
});

test("twenty at once", async () => {
	const outputs = await Promise.all(Array.from({ length: 20 }, (_, i) => exec("box", "echo", `exec ${i}`)));
	expect(outputs.map(({ stdout }) => stdout)).toEqual(Array.from({ length: 20 }, (_, i) => `exec ${i}\n`));
});

test("errors: no such container, not running, nothing to run, no such exec", async () => {
	expect((await exec("nosuch", "true")).stderr).toContain("No such container: nosuch");
	await hull.ok(["create", "--name", "idle", "busybox"]);
	expect((await exec("idle", "true")).stderr).toMatch(/container [0-9a-f]{64} is not running/);
	await hull.ok(["rm", "idle"]);
	expect((await hull.api("POST", "/containers/box/exec", { Cmd: [] })).status).toBe(400);
	expect((await hull.api("GET", "/exec/nosuch/json")).json.message).toBe("No such exec instance: nosuch");
});

test("an exec ends with its container", async () => {
	await hull.ok(["run", "-d", "--name", "short", "busybox", "sleep", "1000"]);
	const running = exec("short", "sleep", "1000");
	await eventually(async () =>
		expect(await hull.ok(["top", "short"])).toMatch(/sleep 1000[\s\S]*sleep 1000/),
	);
	await hull.ok(["kill", "short"]);
	expect((await running).code).toBe(137);
	await hull.ok(["rm", "short"]);
});

test("who starts an exec says whether its output is in frames, terminal or not", async () => {
	const output = async (created: boolean, started: boolean) => {
		const { json } = await hull.api("POST", "/containers/box/exec", {
			Cmd: ["echo", "hello"],
			Tty: created,
			AttachStdout: true,
		});
		return (await hull.api("POST", `/exec/${json.Id}/start`, { Tty: started })).text;
	};
	expect(await output(true, false)).toBe("\u0001\0\0\0\0\0\0\u0007hello\r\n");
	expect(await output(true, true)).toBe("hello\r\n");
	expect(await output(false, false)).toBe("\u0001\0\0\0\0\0\0\u0006hello\n");
	expect(await output(false, true)).toBe("hello\n");
});
