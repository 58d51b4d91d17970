/** Nothing of whoever started the engine comes to a container, however its processes are started. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { hullCli } from "../support/hull-cli.ts";

setDefaultTimeout(120_000);

const program = new URL("../../native/build/hull-inherited", import.meta.url).pathname;
/** What the program says, and what /proc tells. */
const script = `/inherited
grep -E "^(Groups|Umask|Sig(Blk|Ign)|Cap(Inh|Amb)):" /proc/self/status
echo dump $(cat /proc/self/coredump_filter) in $(pwd)
env | grep ENGINE
true
`;
/** Who runs as root of a container with Docker's defaults. */
const clean = {
	"death-signal": "0",
	subreaper: "0",
	"keep-capabilities": "0",
	"secure-bits": "0",
	"timer-slack": "50000",
	personality: "0",
	nice: "0",
	"io-class": "0",
	policy: "0",
	"Groups:": "0",
	"Umask:": "0022",
	"SigBlk:": "0000000000000000",
	"SigIgn:": "0000000000000000",
	"CapInh:": "0000000000000000",
	"CapAmb:": "0000000000000000",
	descriptors: "0 1 2",
	dump: "00000033 in /",
};

let hull: TestDaemon;
let folder: string;
beforeAll(async () => {
	execFileSync("make", ["-C", new URL("../../native", import.meta.url).pathname, "--silent", "inherited"]);
	hull = await startTestDaemon({ through: [program] });
	folder = mkdtempSync(join(tmpdir(), "hull-leaks-"));
	cpSync(program, join(folder, "inherited"));
	writeFileSync(join(folder, "inherited.sh"), script);
	writeFileSync(join(folder, "built.sh"), "sh /inherited.sh > /built\n");
	writeFileSync(
		join(folder, "Dockerfile"),
		// busybox's shell ignores SIGQUIT when it is the first process and was given a command.
		'FROM busybox\nCOPY inherited inherited.sh built.sh /\nRUN ["/bin/sh", "/built.sh"]\n',
	);
	const built = await hullCli(hull.socket, ["build", "-q", "-t", "leaks", folder], { timeoutMs: 60_000 });
	expect(built).toMatchObject({ code: 0 });
});
afterAll(async () => {
	await hull.ok(["rmi", "-f", "leaks"]);
	await hull[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
});

function assertClean(output: string): void {
	const lines = output
		.trim()
		.split("\n")
		.map((line) => line.trim().split(/[\t ]+/));
	const { keyring, ...said } = Object.fromEntries(lines.map(([key, ...rest]) => [key, rest.join(" ")]));
	expect(said).toEqual(clean);
	// One of its own, by whatever name.
	expect(keyring).toBeString();
	expect(keyring).not.toBe("of-the-engine");
}

test("the engine itself has it all", () => {
	const said = execFileSync(program, [program], { encoding: "utf8" });
	expect(said).toContain("personality 40000\n");
	expect(said).not.toContain("timer-slack 50000\n");
});

test("in the RUN of a build", async () =>
	assertClean(await hull.ok(["run", "--rm", "leaks", "cat", "/built"])));

describe.each(["crun", "runc"])("with %s", (runtime) => {
	// Without a filter, which would hide the keyring.
	const options = ["--runtime", runtime, "--network", "none", "--security-opt", "seccomp=unconfined"];

	test("in its first process", async () =>
		assertClean(await hull.ok(["run", "--rm", ...options, "leaks", "sh", "/inherited.sh"])));

	test("in execs and health checks", async () => {
		const check = [
			"--health-cmd",
			"sh /inherited.sh > /checked.new; mv /checked.new /checked",
			"--health-interval",
			"1s",
		];
		await hull.ok(["run", "-d", "--name", "execs", ...options, ...check, "leaks", "sleep", "1000"]);
		assertClean(await hull.ok(["exec", "execs", "sh", "/inherited.sh"]));
		await eventually(async () => {
			const { code, stdout } = await hull.docker(["exec", "execs", "cat", "/checked"]);
			expect(code).toBe(0);
			assertClean(stdout);
		});
		await hull.ok(["rm", "-f", "execs"]);
	});
});
