import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { dockerCli } from "../support/docker-cli.ts";
import { type HullOptions, hullCli, hullCommand } from "../support/hull-cli.ts";
import { startRegistry, type TestRegistry } from "../support/registry.ts";
import { openTerminal } from "../support/terminal.ts";

let engine: TestDaemon;
let registry: TestRegistry;
const config = mkdtempSync(join(tmpdir(), "hull-cli-config-"));
beforeAll(async () => {
	[engine, registry] = await Promise.all([
		startTestDaemon(),
		startRegistry({ users: { user: "pass:word" } }),
	]);
});
afterAll(async () => {
	await registry[Symbol.asyncDispose]();
	await engine[Symbol.asyncDispose]();
	rmSync(config, { recursive: true });
});

const hull = (args: readonly string[], options?: HullOptions) =>
	hullCli(engine.socket, ["--config", config, ...args], options);

test("login, push, pull and logout with a registry that asks who one is", async () => {
	const { domain } = registry;
	const name = `${domain}/team/app:v1`;
	await hull(["tag", "busybox", name]);

	const denied = await hull(["push", name]);
	expect(denied.code).toBe(1);
	expect(denied.stderr).not.toBe("");

	const wrong = await hull(["login", "-u", "user", "--password-stdin", domain], { input: "wrong" });
	expect(wrong.code).toBe(1);
	const right = await hull(["login", "-u", "user", "--password-stdin", domain], { input: "pass:word\n" });
	expect(right).toEqual({ code: 0, stdout: "Login Succeeded\n", stderr: "" });
	expect(statSync(join(config, "config.json")).mode & 0o777).toBe(0o600);
	const kept = JSON.parse(readFileSync(join(config, "config.json"), "utf8"));
	expect(Buffer.from(kept.auths[domain].auth, "base64").toString()).toBe("user:pass:word");

	const pushed = await hull(["push", name]);
	expect(pushed.stderr).toBe("");
	expect(pushed.stdout).toStartWith(`The push refers to repository [${domain}/team/app]\n`);
	expect(pushed.stdout).toMatch(/v1: digest: sha256:[0-9a-f]{64} size: \d+\n$/);

	await hull(["rmi", name]);
	const pulled = await hull(["pull", name]);
	expect(pulled.stderr).toBe("");
	expect(pulled.stdout).toMatch(/Digest: sha256:[0-9a-f]{64}\n/);
	expect(pulled.stdout).toEndWith(`\n${name}\n`);
	const digests = await hull(["images", "--digests", "--format", "{{.Repository}} {{.Digest}}"]);
	expect(digests.stdout).toContain(`${domain}/team/app sha256:`);

	await hull(["rmi", name]);
	expect(await hull(["pull", "-q", name])).toEqual({ code: 0, stdout: `${name}\n`, stderr: "" });

	await hull(["rmi", name]);
	const run = await hull(["run", "--rm", name, "echo", "pulled and run"]);
	expect(run.stdout).toBe("pulled and run\n");
	expect(run.stderr).toStartWith(`Unable to find image '${name}' locally\n`);

	expect((await hull(["logout", domain])).stdout).toBe(`Removing login credentials for ${domain}\n`);
	expect((await hull(["logout", domain])).stdout).toBe(`Not logged in to ${domain}\n`);
	await hull(["rmi", name]);
	expect((await hull(["pull", name])).code).toBe(1);
}, 60_000);

test("credentials that a helper program keeps are for hull and docker alike", async () => {
	const { domain } = registry;
	const folder = mkdtempSync(join(tmpdir(), "hull-cli-helper-"));
	try {
		const kept = join(folder, "kept");
		writeFileSync(join(folder, "docker-credential-shelf"), helperScript(kept), { mode: 0o755 });
		writeFileSync(join(folder, "config.json"), JSON.stringify({ credHelpers: { [domain]: "shelf" } }));
		const env = { PATH: `${folder}:${process.env["PATH"]}` };
		const withHelper = (args: readonly string[], input?: string) =>
			hull(["--config", folder, ...args], { env, ...(input === undefined ? {} : { input }) });

		const login = await withHelper(["login", "-u", "user", "--password-stdin", domain], "pass:word");
		expect(login).toEqual({ code: 0, stdout: "Login Succeeded\n", stderr: "" });
		expect(JSON.parse(readFileSync(kept, "utf8"))).toEqual({
			ServerURL: domain,
			Username: "user",
			Secret: "pass:word",
		});
		expect(readFileSync(join(folder, "config.json"), "utf8")).not.toContain('"auth"');

		const name = `${domain}/team/helped:v1`;
		await hull(["tag", "busybox", name]);
		expect((await withHelper(["push", name])).code).toBe(0);
		await hull(["rmi", name]);
		expect((await dockerCli(engine.socket, ["--config", folder, "pull", "-q", name], { env })).stdout).toBe(
			`${name}\n`,
		);
		await hull(["rmi", name]);

		expect((await withHelper(["logout", domain])).stdout).toStartWith("Removing login credentials");
		expect(existsSync(kept)).toBe(false);
		expect((await withHelper(["pull", name])).code).toBe(1);

		writeFileSync(join(folder, "config.json"), JSON.stringify({ credsStore: "absent" }));
		expect((await withHelper(["pull", name])).stderr).toContain(
			'exec: "docker-credential-absent": executable file not found in $PATH',
		);
	} finally {
		rmSync(folder, { recursive: true });
	}
}, 60_000);

/** A credential helper that keeps one registry's credentials in a file. */
function helperScript(kept: string): string {
	return `#!/bin/sh
case "$1" in
store) cat > ${kept} ;;
erase) rm ${kept} ;;
get) cat ${kept} 2> /dev/null || { echo "credentials not found in native keychain"; exit 1; } ;;
esac
`;
}

test("search asks the registry that the term names, with the credentials kept for it", async () => {
	const { domain } = registry;
	const name = `${domain}/found/here:v1`;
	await hull(["login", "-u", "user", "--password-stdin", domain], { input: "pass:word" });
	await hull(["tag", "busybox", name]);
	await hull(["push", "-q", name]);
	await hull(["rmi", name]);
	expect((await hull(["search", `${domain}/here`])).stdout).toMatch(
		/^NAME +DESCRIPTION +STARS +OFFICIAL\n\S+\/found\/here +0 *\n$/,
	);
	const rows = (await hull(["search", "--format", "json", `${domain}/here`])).stdout.trim();
	expect(JSON.parse(rows)).toMatchObject({ Name: `${domain}/found/here`, StarCount: "0" });
	expect((await hull(["search", "--limit", "101", "x"])).stderr).toContain("outside the range of [1, 100]");
	await hull(["logout", domain]);
	expect((await hull(["search", `${domain}/here`])).stderr).toContain("authentication required");
}, 60_000);

test("on a terminal a pull draws its layers in place", async () => {
	const { domain } = registry;
	const name = `${domain}/team/drawn:v1`;
	await hull(["login", "-u", "user", "--password-stdin", domain], { input: "pass:word" });
	await hull(["run", "--name", "layer", "busybox", "touch", "/new"]);
	await hull(["commit", "layer", name]);
	await hull(["rm", "layer"]);
	await hull(["push", "-q", name]);
	await hull(["rmi", name]);
	const user = openTerminal([
		...hullCommand(),
		"-H",
		`unix://${engine.socket}`,
		"--config",
		config,
		"pull",
		name,
	]);
	expect(await user.ended).toBe(0);
	const screen = await user.shows(name);
	expect(screen).toMatch(/[0-9a-f]{12}: Pull complete/);
	expect(screen).toContain("\u001b[1A\r\u001b[2K");
	await hull(["rmi", name]);
}, 60_000);

test("a password is asked for without showing it", async () => {
	const user = openTerminal([
		...hullCommand(),
		...["-H", `unix://${engine.socket}`, "--config", config, "login", "-u", "user", registry.domain],
	]);
	await user.shows("Password: ");
	user.type("pass:wort\x7fd\r");
	const screen = await user.shows("Login Succeeded");
	expect(screen).not.toContain("pass");
	expect(await user.ended).toBe(0);
});
