import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { createReadStream, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { collect, describeTree, extract, openWorkshop, type Workshop, wide } from "./workshop.ts";

/** A tree with everything that a file system of Linux has and an archive should keep. */
function makeTree(workshop: Workshop): void {
	workshop.folder("source");
	workshop.run(`
		cd source
		mkdir -p plain/deeper empty sticky setgid closed
		echo text > plain/file; ln plain/file plain/deeper/linked; ln plain/file another
		ln -s file plain/link; ln -s /nowhere/at/all dangling; ln -s "$(printf 'x%.0s' {1..150})" long-link
		: > zero; head -c 3000000 /dev/urandom > random
		truncate -s 20M sparse; printf data | dd of=sparse bs=1 seek=10000000 conv=notrunc status=none
		truncate -s 9M hole
		mkfifo pipe; mknod null c 1 3; mknod disk b 259 70000
		cp /bin/true capable; setcap cap_net_raw+ep capable
		setfattr -n user.note -v value plain/file; setfattr -n trusted.note -v deep plain; setfattr -n user.dir -v x plain
		setfattr -h -n trusted.link -v x dangling
		echo s > suid; chown 1234:5678 suid; chmod 6755 suid
		chmod 1777 sticky; chmod 2755 setgid; echo x > closed/file; chmod 0 closed/file; chmod 500 closed
		mkdir -p "$(printf 'd%.0s' {1..120})/$(printf 'e%.0s' {1..120})"; echo x > "$(printf 'd%.0s' {1..120})/$(printf 'e%.0s' {1..120})/file"
		echo x > "größe ☃"; echo x > $'no\\xfftext'; echo x > $'new\\nline'
		chown -h 3000000000:4000000000 dangling
		touch -d '2001-02-03 04:05:06.123456789 UTC' plain/file; touch -h -d '1969-12-31 23:59:58.5 UTC' dangling
		touch -d '2001-02-03 04:05:06.5 UTC' empty plain closed .
	`);
}

describe("GNU tar's archives give the tree that GNU tar gives", () => {
	const everything = "--xattrs --xattrs-include='*' --numeric-owner";
	for (const format of [
		"--format=pax",
		"--format=pax --sparse",
		"--format=pax --sparse --sparse-version=0.0",
		"--format=pax --sparse --sparse-version=0.1",
		"--format=gnu",
		"--format=gnu --sparse",
		"--format=ustar",
		"--format=v7",
	]) {
		test(format, async () => {
			using workshop = openWorkshop();
			makeTree(workshop);
			// What the old formats cannot hold is left out of the tree.
			if (!format.includes("pax") && !format.includes("gnu"))
				workshop.run("cd source && rm -rf long-link dangling dddd* && rm -f disk");
			if (format.includes("v7")) workshop.run("cd source && rm -f pipe null");
			const options = format.includes("pax") ? `${format} ${everything}` : format;
			workshop.run(
				`tar -C source ${options} -cf archive.tar . && mkdir expected && tar -C expected --same-owner -p ${everything} -xf archive.tar`,
			);
			const bytes = readFileSync(join(workshop.path, "archive.tar"));
			const { diffId } = await extract(workshop, bytes);
			expect(diffId).toBe(`sha256:${createHash("sha256").update(bytes).digest("hex")}`);
			expect(describeTree(workshop, "tree")).toBe(describeTree(workshop, "expected"));
			if (format.includes("--sparse"))
				expect(workshop.run("du -k tree/sparse tree/hole | cut -f1")).toBe("4\n0\n");
		});
	}
});

test("our archives give GNU tar the tree that they were made of", async () => {
	using workshop = openWorkshop();
	makeTree(workshop);
	const bytes = await collect(
		workshop.archive.exportTree({ kind: "directory", path: join(workshop.path, "source") }),
	);
	expect(bytes.length).toBeLessThan(5_000_000);
	writeFileSync(join(workshop.path, "archive.tar"), bytes);
	workshop.run(
		"mkdir expected && tar -C expected -p --xattrs --xattrs-include='*' --numeric-owner -xf archive.tar",
	);
	expect(describeTree(workshop, "expected")).toBe(describeTree(workshop, "source"));
	await extract(workshop, bytes);
	expect(describeTree(workshop, "tree")).toBe(describeTree(workshop, "source"));
	expect(workshop.run("du -k tree/sparse tree/hole | cut -f1")).toBe("4\n0\n");
});

test("copyTree keeps all, the folder's own attributes too", async () => {
	using workshop = openWorkshop();
	makeTree(workshop);
	workshop.run("mkdir -p outer && mv source outer/source && ln -s source outer/alias");
	const root = { kind: "directory", path: join(workshop.path, "outer") } as const;
	await workshop.archive.copyTree(root, "/alias", workshop.folder("tree"));
	expect(describeTree(workshop, "tree")).toBe(describeTree(workshop, "outer/source"));
	expect(workshop.run("stat -c '%a %Y' tree")).toBe(workshop.run("stat -c '%a %Y' outer/source"));
	await workshop.archive.copyTree(root, "/nowhere", workshop.folder("other"));
	await workshop.archive.copyTree(root, "/source/zero", workshop.folder("other"));
	expect(workshop.run("ls other")).toBe("");
});

describe("compression is recognised", () => {
	for (const [program, extension] of [
		["cat", "copy"],
		["gzip -1", "gz"],
		["zstd -q", "zst"],
		["bzip2 -1", "bz2"],
		["xz -0", "xz"],
	] as const) {
		test(program, async () => {
			using workshop = openWorkshop();
			workshop.run(`mkdir source tree unpacked && cd source && head -c 2000000 /dev/urandom > file && cd .. &&
				tar -C source -cf archive.tar . && ${program} < archive.tar > archive.${extension}`);
			const blobPath = join(workshop.path, `archive.${extension}`);
			const read: number[] = [];
			const { diffId, bytes, inodes } = await workshop.archive.extractLayer({
				blobPath,
				directory: join(workshop.path, "tree"),
				whiteouts: "overlay",
				limits: wide,
				onProgress: (count) => read.push(count),
			});
			expect(diffId).toBe(`sha256:${workshop.run("sha256sum archive.tar").slice(0, 64)}`);
			expect({ bytes, inodes }).toEqual({ bytes: 2_000_000, inodes: 1 });
			if (!["bz2", "xz"].includes(extension)) expect(read.at(-1)).toBeGreaterThan(1_000_000);
			expect(workshop.run("cmp source/file tree/file")).toBe("");
			const root = { kind: "directory", path: workshop.path } as const;
			const options = { noOverwriteDirNonDir: false, limits: wide };
			await workshop.archive.unpack(root, "/unpacked", createReadStream(blobPath), options);
			expect(workshop.run("cmp source/file unpacked/file")).toBe("");
		});
	}

	test("several gzip members and zstd frames are one stream", async () => {
		using workshop = openWorkshop();
		workshop.run(`mkdir source && echo x > source/file && tar -C source -cf archive.tar . &&
			(head -c 700 archive.tar | gzip; tail -c +701 archive.tar | gzip) > two.gz &&
			(printf '\\x50\\x2a\\x4d\\x18\\x03\\x00\\x00\\x00abc'; head -c 700 archive.tar | zstd -q; tail -c +701 archive.tar | zstd -q) > two.zst`);
		for (const name of ["two.gz", "two.zst"]) {
			await extract(workshop, readFileSync(join(workshop.path, name)), { into: name.replace(".", "-") });
			expect(workshop.run(`cat ${name.replace(".", "-")}/file`)).toBe("x\n");
		}
	});

	test("damaged compressed data is corrupt", async () => {
		using workshop = openWorkshop();
		workshop.run(
			"mkdir source && head -c 300000 /dev/urandom > source/file && tar -C source -cf archive.tar .",
		);
		for (const program of ["gzip", "zstd", "bzip2", "xz"]) {
			workshop.run(`${program} < archive.tar > whole; head -c 100000 whole > part`);
			await expect(extract(workshop, readFileSync(join(workshop.path, "part")))).rejects.toMatchObject({
				code: "corrupt",
			});
			const bytes = readFileSync(join(workshop.path, "whole"));
			bytes.fill(0x55, 50_000, 50_100);
			await expect(extract(workshop, bytes), program).rejects.toMatchObject({ code: "corrupt" });
		}
	});
});
