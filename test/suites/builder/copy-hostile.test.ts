import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { ArchiveRoot } from "../../../src/archive/index.ts";
import { createContexts } from "../../../src/builder/contexts/contexts.ts";
import { buildTar, type TarEntry } from "../../support/tar-builder.ts";
import {
	type CopyWorkshop,
	chunksOf,
	copyInto,
	forever,
	keyOf,
	openCopyWorkshop,
	planCopy,
	tarOf,
} from "./workshop.ts";

let workshop: CopyWorkshop;
beforeEach(() => {
	workshop = openCopyWorkshop();
	workshop.run("echo secret > sentinel; mkdir base tree outside");
});
afterEach(() => {
	expect(workshop.leftovers()).toEqual([]);
	expect(workshop.run("cat sentinel; ls outside")).toBe("secret\n");
	workshop[Symbol.dispose]();
});

const options = { dockerfile: "Dockerfile", signal: forever };
const open = (entries: readonly TarEntry[]) =>
	workshop.contexts.fromTar(chunksOf(buildTar(entries)), options);
const tree = (): ArchiveRoot => ({ kind: "directory", path: join(workshop.path, "tree") });
const text = (path: string) => readFileSync(join(workshop.path, path), "utf8");

describe("uploads that are refused", () => {
	const refused: Record<string, readonly [readonly TarEntry[], string]> = {
		"a name that climbs out": [[{ name: "../x", data: "e" }], "outside of the archive's root"],
		"a name that climbs out half-way": [[{ name: "a/../../x", data: "e" }], "outside of the archive's root"],
		"a hard link out": [
			[{ name: "x", type: "hardlink", linkName: "../sentinel" }],
			"outside of the archive's root",
		],
		"a hard link to nothing": [[{ name: "x", type: "hardlink", linkName: "sentinel" }], "which is not there"],
		"a hard link to a folder": [
			[{ name: "d/" }, { name: "x", type: "hardlink", linkName: "d" }],
			"a directory",
		],
		"a hard link to itself": [[{ name: "x", type: "hardlink", linkName: "x" }], "which is not there"],
		"a file below a link": [
			[
				{ name: "d", type: "symlink", linkName: "/" },
				{ name: "d/x", data: "e" },
			],
			"a parent of it is not a directory",
		],
		"a file below a file": [
			[
				{ name: "d", data: "e" },
				{ name: "d/x", data: "e" },
			],
			"not a directory",
		],
		"a device": [[{ name: "null", type: "char" }], "has a device"],
		"a file for the root": [[{ name: "./", type: "file", data: "e" }], "cannot be the root"],
	};
	test.each(Object.entries(refused))("%s", async (_name, [entries, message]) => {
		expect(open(entries)).rejects.toThrow(message);
	});

	test("what is no archive, one that is cut off, and one that is damaged", async () => {
		const from = (bytes: Uint8Array) => workshop.contexts.fromTar(chunksOf(bytes), options);
		const tar = buildTar([{ name: "a", data: "x".repeat(9000) }]);
		await expect(from(Buffer.from("FROM scratch\n".repeat(100)))).rejects.toThrow("bad archive");
		await expect(from(tar.subarray(0, 4000))).rejects.toThrow("bad archive");
		await expect(from(gzipSync(tar).subarray(0, 40))).rejects.toThrow("bad gzip data");
	});

	test("names and targets that are longer than any file's, and a size that nothing is behind", async () => {
		workshop.run("echo x > f", "one-file");
		workshop.run("ln -s f l", "one-link");
		const from = (folder: string, rule: string) =>
			workshop.contexts.fromTar(chunksOf(tarOf(join(workshop.path, folder), `--transform=${rule}`)), options);
		const named = (name: string) => from("one-file", `s,^[.]/f$,${name},`);
		await expect(named("n".repeat(5000))).rejects.toThrow(/"n{200}…": its name has 5000 bytes/);
		await expect(named(`${"deep/".repeat(1000)}f`)).rejects.toThrow("its name has 5001 bytes");
		await expect(named("n".repeat(256))).rejects.toThrow("a part of its name has 256 bytes");
		const leading = from("one-link", `s,^f$,${"n".repeat(5000)},`);
		await expect(leading).rejects.toThrow('"./l": its target has 5000 bytes');
		const size = 0o77777777777;
		await expect(open([{ name: "big", data: "x", size }])).rejects.toThrow("unexpected end of archive");
	});

	test("more bytes or files than allowed, before they are on the disk", async () => {
		const limits = { maxBytes: 1 << 20, maxEntries: 10 };
		const root = join(workshop.path, "builder");
		const contexts = createContexts({ root, archive: workshop.archive, limits });
		const bomb = gzipSync(buildTar([{ name: "zeros", data: Buffer.alloc(64 << 20) }]));
		await expect(contexts.fromTar(chunksOf(bomb), options)).rejects.toThrow("more than 1048576 bytes");
		const many = buildTar(Array.from({ length: 20 }, (_, index) => ({ name: `f${index}` })));
		await expect(contexts.fromTar(chunksOf(many), options)).rejects.toThrow("more than 10 entries");
	});

	test("an upload that fails half-way leaves nothing", async () => {
		async function* failing() {
			yield buildTar([{ name: "a", data: "x" }]).subarray(0, 512);
			throw new Error("the client went away");
		}
		await expect(workshop.contexts.fromTar(failing(), options)).rejects.toThrow("the client went away");
	});
});

describe("links lead nowhere outside", () => {
	test("of a context: they are looked up in it", async () => {
		await using source = await open([
			{ name: "out", type: "symlink", linkName: `${workshop.path}/sentinel` },
			{ name: "climb", type: "symlink", linkName: "../../../../../../etc/passwd" },
			{ name: "loop", type: "symlink", linkName: "loop" },
			{ name: "etc/passwd", data: "mine" },
		]);
		await expect(keyOf(workshop, source, "COPY out /x")).rejects.toThrow(
			"COPY failed: file not found in build context or excluded by .dockerignore: stat out: file does not exist",
		);
		await expect(keyOf(workshop, source, "COPY loop /x")).rejects.toThrow("too many");
		await copyInto(workshop, { source, instruction: "COPY climb /x", root: tree() });
		expect(text("tree/x")).toBe("mine");
	});

	test("of a stage's tree: they are looked up in it", async () => {
		workshop.run("ln -s $PWD/../sentinel out; ln -s / all; echo in > in", "base");
		const root: ArchiveRoot = { kind: "directory", path: join(workshop.path, "base") };
		await using source = await workshop.contexts.fromTree(root, forever);
		await expect(keyOf(workshop, source, "COPY --from=other out /x")).rejects.toThrow("file does not exist");
		await copyInto(workshop, { source, instruction: "COPY all/in /x", root: tree() });
		expect(text("tree/x")).toBe("in\n");
	});

	test("of the tree that is written to", async () => {
		workshop.run(
			"ln -s $OLDPWD/outside abs 2>/dev/null; ln -sfn ../outside rel; ln -s ../../../../../../../tmp/hull-escape up",
			"tree",
		);
		workshop.run(`ln -sfn ${workshop.path}/outside abs; ln -s ${workshop.path}/sentinel file`, "tree");
		await using source = await open([
			{ name: "a", data: "evil" },
			{ name: "d/abs/x", data: "evil" },
		]);
		for (const target of ["/abs/a", "/rel/a", "/up", "/file", "/abs/../rel/b", "/rel/../../b"])
			await copyInto(workshop, { source, instruction: `COPY a ${target}`, root: tree() });
		await copyInto(workshop, { source, instruction: "COPY d /", root: tree() });
		expect(existsSync("/tmp/hull-escape")).toBe(false);
		expect(text(`tree/${workshop.path}/sentinel`)).toBe("evil");
	});

	test("of an archive that ADD unpacks", async () => {
		const evil = buildTar([
			{ name: "out", type: "symlink", linkName: workshop.path },
			{ name: "out/sentinel", data: "evil" },
		]);
		await using source = await open([{ name: "evil.tar", data: evil }]);
		const adding = copyInto(workshop, { source, instruction: "ADD evil.tar /", root: tree() });
		await expect(adding).rejects.toThrow("a parent of it is not a directory");
	});

	test("of the accounts of the tree", async () => {
		workshop.run("mkdir etc; ln -s /etc/shadow etc/passwd", "tree");
		await using source = await open([{ name: "a", data: "a" }]);
		const copying = copyInto(workshop, { source, instruction: "COPY --chown=daemon a /", root: tree() });
		await expect(copying).rejects.toThrow("no such user: daemon");
	});
});

test("names that are no UTF-8 or hold line ends are copied as they are", async () => {
	workshop.run(`printf x > $'a\\nb'; printf y > $'\\xff\\xfe'; printf z > '%0a"'`, "context");
	await using source = await workshop.upload("context");
	await copyInto(workshop, { source, instruction: "COPY . /", root: tree() });
	expect(workshop.run("diff -r context tree && ls tree | wc -l").trim()).toBe("4");
});

test.each([
	["is gone", "rm a"],
	["is a link by now", "rm a; ln -s ../sentinel a"],
	["is longer by now", "echo more >> a"],
	["has other content of the same length by now", "echo e > a"],
])("a file of a folder that %s when it is copied is an error", async (_name, change) => {
	workshop.run("echo a > a", "base");
	await using source = await workshop.contexts.fromFolder(join(workshop.path, "base"), options);
	const operation = await planCopy("COPY a /");
	await using prepared = await workshop.copier.prepareCopy({ operation, source }, forever);
	workshop.run(change, "base");
	await expect(prepared.into({ root: tree() }, forever)).rejects.toThrow("was changed while it was copied");
});
