import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { type HullOptions, hullCli } from "../support/hull-cli.ts";

let engine: TestDaemon;
const folder = mkdtempSync(join(tmpdir(), "hull-cli-build-"));
beforeAll(async () => {
	engine = await startTestDaemon();
	write("Dockerfile", dockerfile);
	write("src/a.txt", "a\n");
	write("src/skipped.log", "no\n");
	write("unused/big", "x".repeat(1 << 20));
	write(".dockerignore", "**/*.log\n");
});
afterAll(async () => {
	await engine[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
});

const dockerfile = `ARG BASE=busybox
FROM $BASE AS files
COPY src /files/
FROM scratch
COPY --from=files /files /
`;

function write(name: string, text: string): void {
	mkdirSync(dirname(join(folder, name)), { recursive: true });
	writeFileSync(join(folder, name), text);
}

const hull = (args: readonly string[], options?: HullOptions) =>
	hullCli(engine.socket, args, { cwd: folder, ...options });

test("only what the Dockerfile reads is sent, and the files come back", async () => {
	const built = await hull(["build", "--progress", "plain", "-o", "out", "-t", "made", "--load", "."]);
	expect(built.code).toBe(0);
	expect(built.stderr).toContain("COPY src /files/");
	expect(built.stderr).toEndWith("\ncontext: 2B sent\n");
	expect(readdirSync(join(folder, "out"))).toEqual(["a.txt"]);
	expect(readFileSync(join(folder, "out/a.txt"), "utf8")).toBe("a\n");
	expect((await hull(["images", "-q", "made"])).stdout).toMatch(/^[0-9a-f]{12}\n$/);
});

test("a second build is cached, its history and events can be read", async () => {
	const first = await hull(["build", "-q", "."]);
	const again = await hull(["build", "--progress", "plain", "."]);
	expect(again.stderr).not.toContain("DONE");
	const second = await hull(["build", "-q", "."]);
	expect(second.stdout).toBe(first.stdout);
	const ids = (await hull(["builder", "history", "-q"])).stdout.trim().split("\n");
	expect((await hull(["builder", "logs", ids[0]!])).stdout).toContain("CACHED");
	expect((await hull(["builder", "inspect", "-f", "{{.State}}", ids[0]!])).stdout).toBe("completed\n");
	expect((await hull(["builder", "du"])).stdout).toContain("Reclaimable:");
});

test("a secret is for its step, and a wrong Dockerfile is shown with its line", async () => {
	write("secret", "hello");
	write("Secret.Dockerfile", "FROM busybox\nRUN --mount=type=secret,id=s wc -c < /run/secrets/s\n");
	const args = ["build", "--network", "none", "--progress", "plain", "-f", "Secret.Dockerfile"];
	const built = await hull([...args, "--secret", "id=s,src=secret", "."]);
	expect(built.stderr).toMatch(/^#2 [\d.]+ 5$/m);
	write("Wrong.Dockerfile", "FROM busybox\nRUNN x\n");
	const wrong = await hull(["build", "-f", "Wrong.Dockerfile", "."]);
	expect(wrong.code).toBe(1);
	expect(wrong.stderr).toContain("2 | >>> RUNN x\n           ^^^^\n");
	expect(wrong.stderr).toContain("unknown instruction: RUNN (did you mean RUN?)");
});

test("checks and plans build nothing", async () => {
	write("Casing.Dockerfile", "FROM busybox AS Web\n");
	const check = await hull(["build", "--check", "-f", "Casing.Dockerfile", "."]);
	expect(check.code).toBe(1);
	expect(check.stdout).toContain("WARNING: StageNameCasing - https://docs.docker.com/go/dockerfile/rule/");
	expect((await hull(["build", "--check", "."])).stdout).toBe("Check complete, no warnings found.\n");
	const plan = await hull(["build", "--print-graph", "."]);
	expect(plan.stdout).toContain("└─ [files 2/2] COPY src /files/ (context)\n");
});

test("a folder is what a stage begins with, and the plan shows the steps of each platform", async () => {
	write("root/etc/name", "from a folder\n");
	const text = "FROM base\nENV A=1\nCOPY src/a.txt /etc/\n";
	const named = ["--build-context", "base=root"];
	const built = await hull(["build", "-q", ...named, "-f", "-", "-o", "rooted", "."], { input: text });
	expect([built.code, built.stderr]).toEqual([0, ""]);
	expect(readdirSync(join(folder, "rooted/etc")).sort()).toEqual(["a.txt", "name"]);
	expect(readFileSync(join(folder, "rooted/etc/name"), "utf8")).toBe("from a folder\n");
	const both = ["--platform", "linux/amd64,linux/arm64", "--print-graph", "-f", "-", "."];
	const cross =
		"FROM --platform=linux/amd64 busybox AS b\nRUN one\nFROM scratch\nARG TARGETARCH\nCOPY --from=b /x /$TARGETARCH\n";
	const shown = await hull(["build", ...both], { input: cross });
	// The second time it is pointed to.
	expect(shown.stdout.match(/RUN one( ↑)?$/gm)).toEqual(["RUN one", "RUN one ↑"]);
	expect(shown.stdout.match(/COPY --from=b/g)).toHaveLength(2);
});

test("a device of the host is for whom it was allowed, and left out where it is not required", async () => {
	const asked = (flags: string) =>
		`FROM busybox\nRUN --device=/dev/kmsg${flags} test -c /dev/kmsg; echo "device $?"\n`;
	const build = (text: string, ...flags: string[]) =>
		hull(["build", "--progress", "plain", "--no-cache", ...flags, "-f", "-", "."], { input: text });
	const allowed = await build(asked(",required"), "--allow", "device=/dev/kmsg");
	expect(allowed.stderr).toContain("device 0");
	const refused = await build(asked(",required"), "--allow", "device=/dev/fuse");
	expect(refused.stderr).toContain(
		"device /dev/kmsg is not allowed: pass --allow device=/dev/kmsg to allow it",
	);
	const without = await build(asked(""));
	expect(without.stderr).toContain("RUN --device=/dev/kmsg: left out: device /dev/kmsg is not allowed");
	expect(without.stderr).toContain("device 1");
});
