import { afterAll, beforeAll, expect, test } from "bun:test";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { hullCli, hullCommand } from "../support/hull-cli.ts";

let engine: TestDaemon;
const folder = mkdtempSync(join(tmpdir(), "hull-completion-"));
beforeAll(async () => {
	engine = await startTestDaemon();
	await hullCli(engine.socket, ["run", "-d", "--name", "web-one", "busybox", "sleep", "1000"]);
	await hullCli(engine.socket, ["create", "--name", "web-two", "busybox"]);
	const quoted = hullCommand()
		.map((word) => `'${word}'`)
		.join(" ");
	writeFileSync(join(folder, "hull"), `#!/bin/sh\nexec ${quoted} "$@"\n`, { mode: 0o755 });
});
afterAll(async () => {
	await hullCli(engine.socket, ["rm", "-f", "web-one", "web-two"]);
	await engine[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
});

/** What bash offers for the last of the words, with the script sourced as a user does. */
function complete(...words: string[]): string[] {
	const script = `
		source <(hull completion bash)
		COMP_WORDS=(hull "$@"); COMP_CWORD=$#; COMP_LINE="hull $*"; COMP_POINT=\${#COMP_LINE}
		_hull
		printf '%s\\n' "\${COMPREPLY[@]}"`;
	const result = spawnSync("bash", ["-c", script, "bash", ...words], {
		encoding: "utf8",
		cwd: folder,
		env: { ...process.env, PATH: `${folder}:${process.env["PATH"]}`, HULL_HOST: `unix://${engine.socket}` },
	});
	expect(result.stderr).toBe("");
	return result.stdout.split("\n").filter((line) => line !== "");
}

test("bash completes commands, groups, flags and their values", () => {
	expect(complete("ru")).toEqual(["run"]);
	expect(complete("cont")).toEqual(["container"]);
	const ofVolume = [
		"clone",
		"create",
		"export",
		"import",
		"inspect",
		"ls",
		"prune",
		"rename",
		"restore",
		"rm",
	];
	expect(complete("volume", "").sort()).toEqual([...ofVolume, "snapshot"].sort());
	expect(complete("volume", "snapshot", "")).toEqual(["create", "ls", "prune", "rm"]);
	expect(complete("run", "--rest")).toEqual(["--restart"]);
	expect(complete("run", "--isolation", "")).toEqual(["process", "vm"]);
	expect(complete("kill", "-s", "SIGT")).toEqual(["SIGTERM"]);
	expect(complete("completion", "")).toEqual(["bash", "zsh", "fish"]);
});

test("bash completes names that the engine knows, of the kind that fits", () => {
	expect(complete("rm", "web").sort()).toEqual(["web-one", "web-two"]);
	expect(complete("stop", "web")).toEqual(["web-one"]);
	expect(complete("start", "web")).toEqual(["web-two"]);
	expect(complete("run", "--rm", "busy")).toEqual(["busybox:latest"]);
	expect(complete("run", "--network", "")).toEqual(["bridge", "host", "none"]);
	expect(complete("run", "busybox", "web")).toEqual([]);
	expect(complete("load", "-i", "hul")).toEqual(["hull"]);
});

test("bash completes without an engine what needs none", () => {
	const env = { ...process.env, HULL_HOST: "unix:///nonexistent" };
	const [program, ...entry] = hullCommand();
	const run = (...words: string[]) =>
		execFileSync(program, [...entry, "__complete", ...words], { encoding: "utf8", env });
	expect(run("exec", "web")).toBe("");
	expect(run("ps", "--no")).toBe("--no-trunc\tShow ids and commands in full\n");
});

test("zsh and fish scripts are there, and no other shell is known", async () => {
	expect((await hullCli(engine.socket, ["completion", "zsh"])).stdout).toStartWith("#compdef hull\n");
	expect((await hullCli(engine.socket, ["completion", "fish"])).stdout).toContain("complete -c hull");
	expect((await hullCli(engine.socket, ["completion", "csh"])).code).toBe(1);
});
