/** Mounts, root and the parent's death change a whole process, so each is tried in a child. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mount, unmount } from "./mount.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "hull-sys-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("mounts of a private namespace are not seen outside, and unmount takes them away", async () => {
	const output = await runScript(`
		enterPrivateMountNamespace();
		mount({ source: "none", target: ${JSON.stringify(folder)}, type: "tmpfs", flags: MS.NOSUID, data: "size=64k" });
		writeFileSync(${JSON.stringify(`${folder}/seen`)}, "");
		const during = readdirSync(${JSON.stringify(folder)}).length;
		const line = readFileSync("/proc/thread-self/mounts", "utf8").split("\\n").find((l) => l.includes(${JSON.stringify(folder)}));
		const outside = readFileSync(\`/proc/\${process.ppid}/mounts\`, "utf8").includes(${JSON.stringify(folder)});
		unmount(${JSON.stringify(folder)});
		console.log(during, line.includes("size=64k"), line.includes("nosuid"), outside, readdirSync(${JSON.stringify(folder)}).length);
	`);
	expect(output).toBe("1 true true false 0");
});

test("a failed mount names what and where", () => {
	expect(() => mount({ source: "none", target: `${folder}/none`, type: "tmpfs", flags: 0 })).toThrow(
		`mount tmpfs none on ${folder}/none: ENOENT`,
	);
	expect(() => mount({ source: "none", target: folder, type: "nofs", flags: 0 })).toThrow("ENODEV");
	expect(() => unmount(folder)).toThrow(`umount2 ${folder}: EINVAL`);
	expect(readFileSync("/proc/mounts", "utf8")).not.toContain(folder);
});

test("after entering a root there is nothing else", async () => {
	mkdirSync(join(folder, "etc"));
	writeFileSync(join(folder, "etc/hostname"), "inside");
	const output = await runScript(`
		enterRoot(openAt(AT_FDCWD, ${JSON.stringify(folder)}, O.RDONLY | O.DIRECTORY));
		console.log(readFileSync("/etc/hostname", "utf8"), process.cwd(), readdirSync("/../..").join());
	`);
	expect(output).toBe("inside / etc");
});

test("a child that dies with its parent does so", async () => {
	// The grandchild holds the pipe: it ends when both are gone.
	const grandchild = `${imports}; dieWithParent(process.ppid); console.log(process.pid); setInterval(() => {}, 1000);`;
	const parent = spawn(
		process.execPath,
		[
			"-e",
			`const c = require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(grandchild)}], { stdio: ["ignore", "inherit", "inherit"] }); setInterval(() => {}, 1000);`,
		],
		{ stdio: ["ignore", "pipe", "inherit"] },
	);
	const closed = new Promise((resolve) => parent.stdout.once("close", resolve));
	const pid = await new Promise<string>((resolve) =>
		parent.stdout.once("data", (data) => resolve(`${data}`)),
	);
	expect(Number(pid)).toBeGreaterThan(1);
	parent.kill("SIGKILL");
	await closed;
});

test("a child whose parent is gone already is told", async () => {
	expect(await runScript("console.log(dieWithParent(1), dieWithParent(process.ppid))")).toBe("false true");
});

const room = import.meta.dir;
const imports = [
	`import { readdirSync, readFileSync, writeFileSync } from "node:fs"`,
	`import { enterPrivateMountNamespace, mount, MS, unmount } from "${room}/mount.ts"`,
	`import { enterRoot } from "${room}/chroot.ts"`,
	`import { AT_FDCWD, O, openAt } from "${room}/files-at.ts"`,
	`import { dieWithParent } from "${room}/parent-death.ts"`,
].join(";");

/** Runs the script in a process of its own and gives what it printed. */
function runScript(script: string): Promise<string> {
	const child = spawn(process.execPath, ["-e", `${imports};${script}`], {
		stdio: ["ignore", "pipe", "pipe"],
	});
	let output = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream.on("data", (chunk) => {
			output += chunk;
		});
	}
	return new Promise((resolve) => child.once("close", () => resolve(output.trim())));
}
