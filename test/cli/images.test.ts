import { afterAll, beforeAll, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { type HullOptions, hullCli } from "../support/hull-cli.ts";

let engine: TestDaemon;
const folder = mkdtempSync(join(tmpdir(), "hull-cli-images-"));
beforeAll(async () => {
	engine = await startTestDaemon();
});
afterAll(async () => {
	await engine[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
});

const hull = (args: readonly string[], options?: HullOptions) =>
	hullCli(engine.socket, args, { cwd: folder, ...options });
const out = async (...args: string[]) => {
	const result = await hull(args);
	expect(result.stderr).toBe("");
	expect(result.code).toBe(0);
	return result.stdout;
};

test("images, tag, history and rmi", async () => {
	expect(await out("images")).toMatch(
		/^REPOSITORY {3}TAG {7}IMAGE ID {7}CREATED {2,}SIZE\nbusybox {6}latest {4}[0-9a-f]{12} {3}.+ {3}1\.98MB\n$/,
	);
	expect(await out("tag", "busybox", "localhost:5000/other/name:v1")).toBe("");
	expect(await out("images", "--format", "{{.Repository}}:{{.Tag}}", "localhost:5000/other/*")).toBe(
		"localhost:5000/other/name:v1\n",
	);
	expect(await out("image", "inspect", "-f", "{{json .RepoTags}}", "busybox")).toContain(
		"localhost:5000/other/name:v1",
	);
	expect(await out("history", "--format", "{{.Size}}", "busybox")).toContain("1.98MB\n");
	expect(await out("rmi", "localhost:5000/other/name:v1")).toBe("Untagged: localhost:5000/other/name:v1\n");
	const absent = await hull(["rmi", "nosuch"]);
	expect(absent).toEqual({
		code: 1,
		stdout: "",
		stderr: "Error response from daemon: No such image: nosuch:latest\n",
	});
});

test("save, rmi and load bring an image back, by file and by pipe", async () => {
	await out("tag", "busybox", "kept");
	expect(await out("save", "-o", "kept.tar", "kept")).toBe("");
	expect(execFileSync("tar", ["tf", join(folder, "kept.tar")], { encoding: "utf8" })).toContain(
		"manifest.json",
	);
	await out("rmi", "kept");
	expect(await out("load", "-i", "kept.tar")).toBe("Loaded image: kept:latest\n");
	await out("rmi", "kept");
	const piped = await hull(["load"], { input: readFileSync(join(folder, "kept.tar")) });
	expect(piped.stdout).toBe("Loaded image: kept:latest\n");
	await out("rmi", "kept");
	const broken = await hull(["load"], { input: "no archive at all" });
	expect(broken.code).toBe(1);
	expect(broken.stderr).not.toBe("");
	const absent = await hull(["load", "-i", "nosuch.tar"]);
	expect(absent).toEqual({ code: 1, stdout: "", stderr: "open nosuch.tar: no such file or directory\n" });
	const unknown = await hull(["save", "-o", "x.tar", "nosuch"]);
	expect(unknown.code).toBe(1);
	expect(unknown.stderr).toContain("No such image: nosuch");
	expect(existsSync(join(folder, "x.tar"))).toBe(false);
	const nowhere = await hull(["save", "-o", "nosuch/x.tar", "busybox"]);
	expect(nowhere.stderr).toBe('invalid output path: directory "nosuch" does not exist\n');
});

test("a container becomes an image by commit, and by export and import", async () => {
	await out("run", "--name", "made", "busybox", "sh", "-c", "echo content > /file");
	const id = await out("commit", "-m", "why", "-a", "me", "-c", "CMD cat /file", "made", "committed:1");
	expect(id).toMatch(/^sha256:[0-9a-f]{64}\n$/);
	expect(await out("run", "--rm", "committed:1")).toBe("content\n");
	await out("export", "-o", "made.tar", "made");
	expect(await out("import", "-c", 'CMD ["cat", "/file"]', "made.tar", "imported")).toMatch(
		/^sha256:[0-9a-f]{64}\n$/,
	);
	expect(await out("run", "--rm", "imported")).toBe("content\n");
	await out("rm", "made");
	await out("rmi", "committed:1", "imported");
	expect(await out("image", "prune", "-f")).toContain("Total reclaimed space: ");
});

test("cp takes files and folders both ways, with links, modes and times", async () => {
	await out("run", "-d", "--name", "box", "busybox", "sleep", "1000");
	mkdirSync(join(folder, "tree/inner"), { recursive: true });
	writeFileSync(join(folder, "tree/script"), "#!/bin/sh\necho ran\n", { mode: 0o751 });
	symlinkSync("script", join(folder, "tree/link"));
	expect(await out("cp", "tree", "box:/root")).toBe("");
	expect(await out("exec", "box", "/root/tree/link")).toBe("ran\n");
	expect(await out("exec", "box", "stat", "-c", "%a", "/root/tree/script")).toBe("751\n");
	await out("cp", "tree/.", "box:/opt");
	await out("cp", "-L", "tree/link", "box:/root/followed");
	expect(await out("exec", "box", "sh", "-c", "test -L /root/followed || cat /root/followed")).toContain(
		"echo ran",
	);
	await out("cp", "box:/root/tree", "back");
	expect(
		execFileSync("diff", ["-r", "--no-dereference", join(folder, "tree"), join(folder, "back")], {
			encoding: "utf8",
		}),
	).toBe("");
	expect(await out("cp", "box:/root/tree/script", "-")).toContain("ustar");
	const tar = execFileSync("tar", ["c", "-C", join(folder, "tree"), "script"]);
	expect((await hull(["cp", "-", "box:/var"], { input: tar })).code).toBe(0);
	expect(await out("exec", "box", "/var/script")).toBe("ran\n");
	for (const [args, text] of copyErrors) {
		const result = await hull(["cp", ...args]);
		expect(result.code).toBe(1);
		expect(result.stderr).toContain(text);
	}
	await out("rm", "-f", "box");
});

const copyErrors: readonly (readonly [args: readonly string[], text: string])[] = [
	[["box:/nosuch", "."], "Could not find the file /nosuch in container box"],
	[["nosuch", "box:/"], "no such file or directory"],
	[["tree", "box:/etc/passwd"], "cannot copy directory"],
	[["tree/script", "box:/nosuch/"], "no such directory"],
	[["a", "b"], "must specify at least one container source"],
	[["a:b", "c:d"], "copying between containers is not supported"],
];

test("a container's archive cannot write outside of the target", async () => {
	const { extractTo } = await import("../../src/cli/commands/container/copy/extract.ts");
	const { tarEntry, writeTar } = await import("../../src/lib/index.ts");
	const outside = join(folder, "outside");
	mkdirSync(outside);
	const attempts = [
		[tarEntry({ name: "root/", type: "directory" }), tarEntry({ name: "root/../../outside/file" })],
		[
			tarEntry({ name: "root/", type: "directory" }),
			tarEntry({ name: "root/link", type: "symlink", linkName: outside }),
			tarEntry({ name: "root/link/file" }),
		],
	];
	for (const entries of attempts) {
		const tar = writeTar(
			(async function* () {
				for (const entry of entries) yield { entry };
			})(),
		);
		const count = { bytes: 0 };
		await expect(extractTo(join(folder, "target"), tar, { keepOwners: false, count })).rejects.toThrow();
		expect(existsSync(join(outside, "file"))).toBe(false);
	}
});
