/** Secrets and configs: what containers get, and where the value is never found. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync, spawnSync } from "node:child_process";
import {
	chmodSync,
	existsSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { hullCli } from "../support/hull-cli.ts";

const timeoutMs = 120_000;
/** As the word and as base64 at each of the three alignments, that is without its first and last characters. */
const value = "correct-horse-battery-staple-4711";
const traces = [
	value,
	...[0, 1, 2].map((shift) =>
		Buffer.from(" ".repeat(shift) + value)
			.toString("base64")
			.slice(4, 40),
	),
];

let hull: TestDaemon;
let folder: string;
let file: string;
beforeAll(async () => {
	// Small machines: their disks and memory are searched.
	hull = await startTestDaemon({ arguments: ["--vm-disk", "64m", "--vm-memory", "128m"] });
	folder = mkdtempSync(join(tmpdir(), "hull-secrets-"));
	file = join(folder, "value");
	writeFileSync(file, value);
});
afterAll(async () => {
	await hull.assertClean();
	expect(existsSync(join(hull.runRoot, "secrets"))).toBe(false);
	await hull[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
}, timeoutMs);

const own = (...args: string[]) => hullCli(hull.socket, args, { timeoutMs });
async function ok(...args: string[]): Promise<string> {
	const { code, stdout, stderr } = await own(...args);
	expect({ args, code, stderr }).toEqual({ args, code: 0, stderr });
	return stdout;
}

async function refused(text: string, ...args: string[]): Promise<void> {
	const { code, stderr } = await own(...args);
	expect(stderr).toContain(text);
	expect(code).not.toBe(0);
}

/** Files below the engine's roots that hold the value, those in memory left out. */
function filesWithValue(): string[] {
	const patterns = traces.flatMap((trace) => ["-e", trace]);
	const { stdout } = spawnSync(
		"grep",
		["-rlaF", `--exclude-dir=${"secrets"}`, "--devices=skip", ...patterns, hull.dataRoot, hull.runRoot],
		{ encoding: "utf8" },
	);
	return stdout.split("\n").filter((line) => line !== "");
}

/** Command lines and environments of all processes that hold the value. */
function processesWithValue(): string[] {
	return readdirSync("/proc")
		.filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
		.flatMap((pid) =>
			["cmdline", "environ"]
				.map((name) => `/proc/${pid}/${name}`)
				.filter((path) => {
					try {
						const text = readFileSync(path, "latin1");
						return traces.some((trace) => text.includes(trace));
					} catch {
						return false;
					}
				}),
		);
}

async function answersWithValue(container: string): Promise<string[]> {
	const until = Math.ceil(Date.now() / 1000);
	const paths = [
		`/containers/${container}/json`,
		"/containers/json?all=1",
		"/hull/secrets",
		"/hull/secrets/password",
		"/info",
		`/events?since=0&until=${until}`,
		`/containers/${container}/logs?stdout=1&stderr=1`,
		`/containers/${container}/export`,
		`/containers/${container}/changes`,
	];
	const found: string[] = [];
	for (const path of paths) {
		const { text } = await hull.api("GET", path);
		if (traces.some((trace) => text.includes(trace))) found.push(path);
	}
	if (traces.some((trace) => hull.log().includes(trace))) found.push("log");
	return found;
}

async function assertNowhere(container: string): Promise<void> {
	expect(filesWithValue()).toEqual([]);
	expect(processesWithValue()).toEqual([]);
	expect(await answersWithValue(container)).toEqual([]);
}

const sleeper = ["sh", "-c", "trap exit TERM; while :; do sleep 0.1; done"];

test("created, listed, inspected, updated and removed, without the value", async () => {
	const id = (await ok("secret", "create", "-l", "a=b", "password", file)).trim();
	expect(id).toMatch(/^[0-9a-z]{25}$/);
	await refused("secret password is there already", "secret", "create", "password", file);
	await refused("invalid secret name", "secret", "create", "../x", file);
	writeFileSync(join(folder, "large"), Buffer.alloc(500 * 1024 + 1));
	await refused("can have 512000 bytes at most", "secret", "create", "large", join(folder, "large"));
	writeFileSync(join(folder, "empty"), "");
	await refused("cannot be empty", "secret", "create", "empty", join(folder, "empty"));
	expect(await ok("secret", "ls", "--format", "{{.ID}} {{.Name}} {{.Labels}}")).toBe(`${id} password a=b\n`);
	expect(await ok("secret", "ls", "-q", "--filter", "label=c")).toBe("");
	expect(JSON.parse(await ok("secret", "inspect", "password"))[0]).toMatchObject({
		ID: id,
		Version: { Index: 1 },
		Spec: { Name: "password", Labels: { a: "b" } },
		UsedBy: [],
	});
	await ok("secret", "update", "-l", "c=d", "password");
	expect(JSON.parse(await ok("secret", "inspect", id.slice(0, 8)))[0]).toMatchObject({
		Version: { Index: 2 },
		Spec: { Labels: { c: "d" } },
	});
	await refused("not found", "secret", "inspect", "nope");
	await assertNowhere("none");
});

test("docker's own secrets stay what they are without a swarm", async () => {
	for (const path of ["/secrets", "/configs"]) {
		const { status, json } = await hull.api("GET", path);
		expect({ status, text: json.message }).toEqual({
			status: 503,
			text: expect.stringContaining("not a swarm manager"),
		});
	}
});

describe.each(["process", "vm"])("isolation %s", (isolation) => {
	const run = (...args: string[]) => ok("run", "--isolation", isolation, ...args);

	test(
		"a container finds it in memory, as it was asked for, and nobody else finds it anywhere",
		async () => {
			const flags = [
				"--secret",
				"password",
				"--secret",
				"password,target=/etc/app/key,uid=7,gid=8,mode=0400",
			];
			await run("-d", "--name", "user", ...flags, "busybox", ...sleeper);
			const look =
				"cat /run/secrets/password /etc/app/key; stat -c '%u %g %a' /run/secrets/password /etc/app/key";
			const seen = `${value}${value}0 0 444\n7 8 400\n`;
			expect(await hull.ok(["exec", "user", "sh", "-c", look], { timeoutMs })).toBe(seen);
			expect(
				(await hull.docker(["exec", "user", "sh", "-c", "echo x > /run/secrets/password"], { timeoutMs }))
					.code,
			).not.toBe(0);
			await assertNowhere("user");
			expect(JSON.parse(await ok("secret", "inspect", "password"))[0].UsedBy).toEqual(["user"]);
			await refused("secret password is in use by containers: user", "secret", "rm", "password");

			await hull.ok(["commit", "user", "committed"], { timeoutMs });
			await hull.ok(["save", "-o", join(folder, "image.tar"), "committed"]);
			expect(traces.some((trace) => readFileSync(join(folder, "image.tar"), "latin1").includes(trace))).toBe(
				false,
			);
			await hull.ok(["rmi", "committed"]);

			await hull.ok(["restart", "-t", "1", "user"], { timeoutMs });
			expect(await hull.ok(["exec", "user", "sh", "-c", look], { timeoutMs })).toBe(seen);
			await hull.kill();
			await hull.start();
			expect(await hull.ok(["exec", "user", "sh", "-c", look], { timeoutMs })).toBe(seen);
			await hull.ok(["restart", "-t", "1", "user"], { timeoutMs });
			expect(await hull.ok(["exec", "user", "sh", "-c", look], { timeoutMs })).toBe(seen);
			await assertNowhere("user");

			await hull.ok(["stop", "-t", "1", "user"], { timeoutMs });
			await eventually(() => expect(existsSync(join(hull.runRoot, "secrets"))).toBe(false));
			await hull.ok(["rm", "user"]);
		},
		timeoutMs,
	);

	test(
		"in the environment, of the container's process alone",
		async () => {
			const flags = ["-e", "PASSWORD=other", "--secret", "password,env=PASSWORD"];
			const waiting = 'test "$PASSWORD" = "$(cat /expected)" && echo right; while :; do sleep 0.1; done';
			const name = "environed";
			await ok("create", "--isolation", isolation, "--name", name, ...flags, "busybox", "sh", "-c", waiting);
			await hull.ok(["cp", "-", `${name}:/`], {
				input: execFileSync("tar", ["-C", folder, "--transform", "s/value/expected/", "-c", "value"]),
				timeoutMs,
			});
			await hull.ok(["start", name], { timeoutMs });
			await eventually(async () => expect(await hull.ok(["logs", name])).toBe("right\n"), timeoutMs);
			// What was copied in for the comparison is not ours.
			await hull.ok(["exec", name, "rm", "/expected"], { timeoutMs });
			expect(await hull.ok(["exec", name, "sh", "-c", "echo $PASSWORD"], { timeoutMs })).toBe("other\n");
			if (isolation === "process") expect(filesWithValue()).toEqual([]);
			expect(await answersWithValue(name)).toEqual([]);
			const { json } = await hull.api("GET", `/containers/${name}/json`);
			const inContainer = processesWithValue().filter((path) => path.endsWith("cmdline"));
			expect(inContainer).toEqual([]);
			expect(json.HostConfig.HullSecrets).toMatchObject([{ Name: "password", Env: "PASSWORD" }]);
			await hull.ok(["rm", "-f", name], { timeoutMs });
			await eventually(() => expect(existsSync(join(hull.runRoot, "secrets"))).toBe(false));
		},
		timeoutMs,
	);
});

test("an update reaches a container when it starts again", async () => {
	await ok("secret", "create", "changing", file);
	await ok("run", "-d", "--name", "changed", "--secret", "changing", "busybox", ...sleeper);
	writeFileSync(join(folder, "new"), "new");
	await ok("secret", "update", "changing", join(folder, "new"));
	expect(await hull.ok(["exec", "changed", "cat", "/run/secrets/changing"])).toBe(value);
	await hull.ok(["restart", "-t", "1", "changed"]);
	expect(await hull.ok(["exec", "changed", "cat", "/run/secrets/changing"])).toBe("new");
	await hull.ok(["rm", "-f", "changed"]);
	await ok("secret", "rm", "changing");
});

test("configs are files, whose content may be seen", async () => {
	await ok("config", "create", "app.conf", file);
	expect(await ok("run", "--rm", "--config", "app.conf", "busybox", "cat", "/app.conf")).toBe(value);
	const seen = await ok(
		"run",
		"--rm",
		"--config",
		"app.conf,target=/etc/x/y,mode=0640",
		"busybox",
		"stat",
		"-c",
		"%a",
		"/etc/x/y",
	);
	expect(seen).toBe("640\n");
	const [inspected] = JSON.parse(await ok("config", "inspect", "app.conf"));
	expect(Buffer.from(inspected.Spec.Data, "base64").toString()).toBe(value);
	await ok("config", "rm", "app.conf");
});

test("what cannot be is refused by name", async () => {
	const create = (...flags: string[]) => ["create", ...flags, "busybox"];
	await refused("secret nope not found", ...create("--secret", "nope"));
	await refused("must be octal", ...create("--secret", "password,mode=999"));
	await refused(
		"Duplicate mount point: /run/secrets/password",
		...create("--secret", "password", "--secret", "password"),
	);
	await refused("Duplicate mount point: /v", ...create("-v", "/v", "--secret", "password,target=/v"));
	await refused("cannot have '..'", ...create("--secret", "password,target=../../etc/passwd"));
	await refused("exclude one another", ...create("--secret", "password,env=A,target=b"));
	await refused("cannot be an environment variable's name", ...create("--secret", "password,env=A=B"));
	const whole = ["--isolation", "vm", "--annotation", "hull.machine=true", "--secret", "password"];
	const { stderr, code } = await own("create", ...whole, "busybox");
	expect(code).not.toBe(0);
	expect(stderr).toMatch(/a whole machine mounts \/run itself|annotation/i);
});

describe("the key", () => {
	test("is made for root alone, and another one opens nothing", async () => {
		const path = join(hull.dataRoot, "secret.key");
		expect(statSync(path).mode & 0o777).toBe(0o600);
		const key = readFileSync(path);
		await hull.stop();
		writeFileSync(path, `${"ab".repeat(32)}\n`);
		await hull.start();
		await refused("is sealed with key", "run", "--rm", "--secret", "password", "busybox", "true");
		expect(await ok("secret", "ls", "--format", "{{.Name}}")).toBe("password\n");
		await hull.stop();
		writeFileSync(path, key);
		await hull.start();
		expect(await ok("run", "--rm", "--secret", "password", "busybox", "cat", "/run/secrets/password")).toBe(
			value,
		);
	});

	test("a file that others may read is refused", async () => {
		const path = join(hull.dataRoot, "secret.key");
		await hull.stop();
		chmodSync(path, 0o644);
		await hull.start();
		await refused("others may read it", "run", "--rm", "--secret", "password", "busybox", "true");
		chmodSync(path, 0o600);
	});

	test.each([
		["--secret-key-file", () => join(folder, "key")],
		["--secret-key-command", () => `cat ${join(folder, "key")}`],
	])("comes from %s", async (flag, source) => {
		writeFileSync(join(folder, "key"), Buffer.alloc(32, 7), { mode: 0o600 });
		await using other = await startTestDaemon({ arguments: [flag, source()] });
		const otherCli = (...args: string[]) => hullCli(other.socket, args);
		expect((await otherCli("secret", "create", "s", file)).code).toBe(0);
		const { stdout } = await otherCli("run", "--rm", "--secret", "s", "busybox", "cat", "/run/secrets/s");
		expect(stdout).toBe(value);
		expect(existsSync(join(other.dataRoot, "secret.key"))).toBe(false);
	});
});

test("removed", async () => {
	expect(await ok("secret", "rm", "password")).toBe("password\n");
	expect(await ok("secret", "ls", "-q")).toBe("");
});
