import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import {
	closeSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	openSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
	writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytePath, fromByteString, toByteString } from "./byte-path.ts";
import { listDirectory } from "./directory-entries.ts";
import { dataExtents, setFileSize } from "./file-extents.ts";
import {
	AT_FDCWD,
	changeOwnerAt,
	linkAt,
	makeDirectoryAt,
	makeNodeAt,
	O,
	openAt,
	openInRoot,
	readLinkAt,
	removeDirectoryAt,
	setTimesAt,
	symlinkAt,
	unlinkAt,
} from "./files-at.ts";
import { peekBytes } from "./peek.ts";
import { createSocketPair } from "./socketpair.ts";
import { S, statAt, statFd } from "./statx.ts";
import { spawnWorker } from "./worker.ts";
import { getXattr, listXattrs, setXattr } from "./xattr.ts";

let folder: string;
let fd: number;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "hull-sys-"));
	fd = openSync(folder, O.RDONLY | O.DIRECTORY);
});
afterAll(() => {
	closeSync(fd);
	rmSync(folder, { recursive: true });
});

const here = (name: string) => join(folder, name);

test("byte strings carry any name, and refuse what is no name", () => {
	expect(fromByteString(toByteString("größe ☃"))).toBe("größe ☃");
	makeDirectoryAt(fd, toByteString("größe"), 0o755);
	makeDirectoryAt(fd, "\xff\xfe", 0o755);
	expect(readdirSync(folder)).toContain("größe");
	expect(readdirSync(folder, "buffer").some((name) => name.equals(Buffer.from([0xff, 0xfe])))).toBe(true);
	expect(listDirectory(fd)).toContain("\xff\xfe");
	for (const name of ["a\0b", "☃"])
		expect(() => bytePath(name)).toThrow(expect.objectContaining({ code: "EINVAL" }));
	expect(() => bytePath("x".repeat(4096))).toThrow(expect.objectContaining({ code: "ENAMETOOLONG" }));
});

test("what is made has the mode, owner, times and numbers that were asked for", () => {
	expect(makeDirectoryAt(fd, "made", 0o700)).toBe(true);
	expect(makeDirectoryAt(fd, "made", 0o700)).toBe(false);
	const times = { access: { seconds: -5, nanos: 1 }, modified: { seconds: 2 ** 33, nanos: 999_999_999 } };
	changeOwnerAt(fd, "made", { uid: 3_000_000_000, gid: 7 });
	setTimesAt(fd, "made", times);
	expect(statAt(fd, "made")).toMatchObject({
		mode: S.IFDIR | 0o700,
		uid: 3_000_000_000,
		gid: 7,
		accessed: times.access,
		modified: times.modified,
	});
	makeNodeAt(fd, "disk", { mode: S.IFBLK | 0o640, major: 259, minor: 70_000 });
	expect(statAt(fd, "disk")).toMatchObject({ deviceMajor: 259, deviceMinor: 70_000 });
	expect(execFileSync("stat", ["-c", "%t:%T", here("disk")], { encoding: "utf8" })).toBe("103:11170\n");
	symlinkAt("../some where", fd, "link");
	expect(readLinkAt(fd, "link")).toBe("../some where");
	linkAt({ directory: fd, name: "link" }, fd, "again");
	expect(statAt(fd, "again")).toMatchObject({ links: 2, mode: S.IFLNK | 0o777 });
	expect([unlinkAt(fd, "again"), unlinkAt(fd, "again")]).toEqual([true, false]);
	expect([removeDirectoryAt(fd, "made"), removeDirectoryAt(fd, "made")]).toEqual([true, false]);
	expect(() => openAt(fd, "absent", O.RDONLY)).toThrow(
		expect.objectContaining({ code: "ENOENT", syscall: "openat" }),
	);
	expect(statAt(fd, "absent")).toBeUndefined();
});

test("stat agrees with the runtime's", () => {
	writeFileSync(here("file"), "12345");
	const ours = statAt(AT_FDCWD, here("file"))!;
	const theirs = lstatSync(here("file"), { bigint: true });
	expect(ours.sizeBytes).toBe(5);
	expect(ours.inode).toBe(theirs.ino);
	expect(ours.modified.nanos).toBe(Number(theirs.mtimeNs % 1_000_000_000n));
	expect(ours.allocatedBytes).toBe(Number(theirs.blocks) * 512);
	expect(statFd(fd).inode).toBe(lstatSync(folder, { bigint: true }).ino);
	expect(ours.isMountRoot).toBe(false);
	expect(statAt(AT_FDCWD, "/proc")?.isMountRoot).toBe(true);
});

describe("openInRoot", () => {
	const read = (path: string): string | undefined => {
		const opened = openInRoot(fd, path, O.RDONLY);
		if (opened === undefined) return undefined;
		try {
			return readFileSync(opened, "utf8");
		} finally {
			closeSync(opened);
		}
	};
	test("stays inside, whatever leads out", () => {
		mkdirSync(here("inner"));
		writeFileSync(here("inner/file"), "inside");
		symlinkSync("/inner", here("absolute"));
		symlinkSync("../../../../inner/file", here("inner/up"));
		for (const path of ["inner/file", "/inner/file", "../../inner/file", "absolute/file", "inner/up"])
			expect(read(path)).toBe("inside");
		symlinkSync("/etc/passwd", here("escape"));
		expect(read("escape")).toBeUndefined();
		expect(read(`../..${folder}/inner/file`)).toBeUndefined();
		expect(read("inner/file/below")).toBeUndefined();
	});

	test("does not follow magic links, nor a last symlink when told so", () => {
		const root = openSync("/", O.RDONLY | O.DIRECTORY);
		try {
			expect(() => openInRoot(root, "/proc/self/root", O.PATH)).toThrow(
				expect.objectContaining({ code: "ELOOP" }),
			);
			expect(() => openInRoot(root, here("escape"), O.RDONLY | O.NOFOLLOW)).toThrow(
				expect.objectContaining({ code: "ELOOP" }),
			);
		} finally {
			closeSync(root);
		}
	});
});

test("xattrs of files and of symlinks, by descriptor and by path", () => {
	writeFileSync(here("noted"), "");
	symlinkSync("nowhere", here("noted-link"));
	const note = openSync(here("noted"), "r+");
	try {
		setXattr(note, "user.a", Buffer.from("1"));
		setXattr(here("noted"), "user.b", new Uint8Array());
		setXattr(here("noted-link"), "trusted.c", Buffer.from("3"));
		expect(listXattrs(note).sort()).toEqual(["user.a", "user.b"]);
		expect(Buffer.from(getXattr(here("noted"), "user.a")!).toString()).toBe("1");
		expect(getXattr(note, "user.b")).toHaveLength(0);
		expect(getXattr(note, "user.absent")).toBeUndefined();
		expect(listXattrs(here("noted-link"))).toEqual(["trusted.c"]);
		expect(listXattrs(here("inner"))).toEqual([]);
		expect(() => setXattr(here("noted-link"), "user.x", Buffer.from("1"))).toThrow(
			expect.objectContaining({ code: "EPERM" }),
		);
	} finally {
		closeSync(note);
	}
});

test("the parts of a sparse file that hold data", () => {
	const sparse = openSync(here("sparse"), "w+");
	try {
		writeSync(sparse, Buffer.alloc(4096, 1), 0, 4096, 1 << 20);
		setFileSize(sparse, 1 << 22);
		expect(dataExtents(sparse, 1 << 22)).toEqual([{ offset: 1 << 20, length: 4096 }]);
		setFileSize(sparse, 0);
		setFileSize(sparse, 1 << 22);
		expect(dataExtents(sparse, 1 << 22)).toEqual([]);
	} finally {
		closeSync(sparse);
	}
});

test("peeking leaves the bytes to be read, in files and in sockets", () => {
	writeFileSync(here("peeked"), "abcdef");
	const file = openSync(here("peeked"), "r");
	const [one, other] = createSocketPair();
	try {
		writeSync(one, "socket");
		expect(Buffer.from(peekBytes(file, 3)).toString()).toBe("abc");
		expect(Buffer.from(peekBytes(file, 100)).toString()).toBe("abcdef");
		expect(readFileSync(file, "utf8")).toBe("abcdef");
		expect(Buffer.from(peekBytes(other, 4)).toString()).toBe("sock");
		closeSync(one);
		expect(Buffer.from(peekBytes(other, 100)).toString()).toBe("socket");
		expect(readFileSync(other, "utf8")).toBe("socket");
	} finally {
		closeSync(file);
		closeSync(other);
	}
});

test("a worker gets its streams and tells its end", async () => {
	const before = readdirSync("/proc/self/fd").length;
	const worker = spawnWorker(["sh", "-c", "cat; echo said >&3; exit 7"], { input: true, output: true });
	worker.input!.end("through");
	const [output, control, code] = await Promise.all([
		Array.fromAsync(worker.output!),
		Array.fromAsync(worker.control),
		worker.exited,
	]);
	expect(Buffer.concat(output as Uint8Array[]).toString()).toBe("through");
	expect(Buffer.concat(control as Uint8Array[]).toString()).toBe("said\n");
	expect(code).toBe(7);
	const killed = spawnWorker(["sleep", "100"], { input: false, output: false });
	killed.kill();
	expect(await killed.exited).toBe(137);
	killed.control.destroy();
	for (const socket of [worker.input, worker.output, worker.control]) socket?.destroy();
	expect(() => spawnWorker(["/no/such/program"], { input: true, output: true })).toThrow();
	await new Promise((resolve) => setImmediate(resolve));
	expect(readdirSync("/proc/self/fd").length).toBeLessThanOrEqual(before + 1);
});
