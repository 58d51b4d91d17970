import { afterEach, beforeEach, expect, test } from "bun:test";
import {
	closeSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	openSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	rmSync,
	symlinkSync,
	writeFileSync,
	writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytePath, fromByteString, PATH_MAX, toByteString } from "./byte-path.ts";
import { listDirectory } from "./directory-entries.ts";
import {
	AT_FDCWD,
	changeMode,
	changeModeAt,
	changeOwner,
	changeOwnerAt,
	closeFd,
	linkAt,
	makeDirectoryAt,
	makeNodeAt,
	O,
	openAt,
	openInRoot,
	readLinkAt,
	removeDirectoryAt,
	setTimes,
	setTimesAt,
	symlinkAt,
	unlinkAt,
} from "./files-at.ts";
import { S, statAt, statFd } from "./statx.ts";

let folder: string;
let fd: number;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "hull-sys-"));
	fd = openSync(folder, "r");
});
afterEach(() => {
	closeSync(fd);
	rmSync(folder, { recursive: true });
});

const code = (body: () => unknown): unknown => {
	try {
		return body();
	} catch (error) {
		return (error as { code: string }).code;
	}
};

test("files are made, opened close-on-exec and removed", () => {
	const file = openAt(fd, "a", O.WRONLY | O.CREAT | O.EXCL, 0o640);
	writeSync(file, "hello");
	expect(readFileSync(`/proc/self/fdinfo/${file}`, "utf8")).toMatch(/flags:\s+0?2\d{6}/);
	closeFd(file);
	expect(readFileSync(join(folder, "a"), "utf8")).toBe("hello");
	expect(code(() => openAt(fd, "a", O.WRONLY | O.CREAT | O.EXCL))).toBe("EEXIST");
	expect(code(() => openAt(fd, "none", O.RDONLY))).toBe("ENOENT");
	expect(unlinkAt(fd, "a")).toBe(true);
	expect(unlinkAt(fd, "a")).toBe(false);
	expect(code(() => unlinkAt(9999, "a"))).toBe("EBADF");
});

test("folders are made and removed, and say when they are taken, absent or full", () => {
	expect(makeDirectoryAt(fd, "d", 0o755)).toBe(true);
	expect(makeDirectoryAt(fd, "d", 0o755)).toBe(false);
	expect(code(() => makeDirectoryAt(fd, "no/d", 0o755))).toBe("ENOENT");
	writeFileSync(join(folder, "d/file"), "");
	expect(code(() => removeDirectoryAt(fd, "d"))).toBe("ENOTEMPTY");
	unlinkAt(fd, "d/file");
	expect(removeDirectoryAt(fd, "d")).toBe(true);
	expect(removeDirectoryAt(fd, "d")).toBe(false);
});

test("links and symlinks are made, a symlink to link or read is not followed", () => {
	writeFileSync(join(folder, "a"), "");
	symlinkAt("/no/where", fd, "s");
	linkAt({ directory: fd, name: "s" }, fd, "s2");
	linkAt({ directory: fd, name: "a" }, fd, "b");
	expect(readLinkAt(fd, "s2")).toBe("/no/where");
	expect(readlinkSync(join(folder, "s"))).toBe("/no/where");
	expect(statAt(fd, "a")?.links).toBe(2);
	expect(code(() => readLinkAt(fd, "a"))).toBe("EINVAL");
	expect(code(() => symlinkAt("x", fd, "s"))).toBe("EEXIST");
	expect(code(() => linkAt({ directory: fd, name: "none" }, fd, "c"))).toBe("ENOENT");
});

test("device nodes have their numbers, also large ones", () => {
	makeNodeAt(fd, "null", { mode: S.IFCHR | 0o666, major: 1, minor: 3 });
	makeNodeAt(fd, "big", { mode: S.IFBLK | 0o600, major: 259, minor: 70_000 });
	makeNodeAt(fd, "pipe", { mode: S.IFIFO | 0o600 });
	expect(statAt(fd, "null")).toMatchObject({ deviceMajor: 1, deviceMinor: 3 });
	expect(statAt(fd, "big")).toMatchObject({ deviceMajor: 259, deviceMinor: 70_000 });
	expect(statAt(fd, "pipe")!.mode & S.IFMT).toBe(S.IFIFO);
	expect(code(() => makeNodeAt(fd, "pipe", { mode: S.IFIFO }))).toBe("EEXIST");
});

test("owners and modes change, of a symlink its own owner", () => {
	writeFileSync(join(folder, "a"), "");
	symlinkAt("a", fd, "s");
	changeOwnerAt(fd, "s", { uid: 11, gid: 12 });
	changeOwnerAt(fd, "a", { uid: 21, gid: 22 });
	changeModeAt(fd, "a", 0o4711);
	expect(statAt(fd, "s")).toMatchObject({ uid: 11, gid: 12 });
	expect(statAt(fd, "a")).toMatchObject({ uid: 21, gid: 22, mode: S.IFREG | 0o4711 });
	const file = openAt(fd, "a", O.RDONLY);
	changeOwner(file, { uid: 31, gid: 32 });
	changeMode(file, 0o600);
	expect(statFd(file)).toMatchObject({ uid: 31, gid: 32, mode: S.IFREG | 0o600 });
	closeFd(file);
	expect(code(() => changeOwnerAt(fd, "none", { uid: 0, gid: 0 }))).toBe("ENOENT");
	expect(code(() => changeModeAt(fd, "none", 0))).toBe("ENOENT");
	expect(code(() => changeOwner(9999, { uid: 0, gid: 0 }))).toBe("EBADF");
	expect(code(() => changeMode(9999, 0))).toBe("EBADF");
});

test("times are set to the nanosecond, before 1970 too", () => {
	writeFileSync(join(folder, "a"), "");
	symlinkAt("a", fd, "s");
	const old = { seconds: -5, nanos: 999_999_999 };
	const recent = { seconds: 1_700_000_000, nanos: 123_456_789 };
	setTimesAt(fd, "s", { access: recent, modified: old });
	expect(statAt(fd, "s")).toMatchObject({ accessed: recent, modified: old });
	const file = openAt(fd, "a", O.RDONLY);
	setTimes(file, { access: old, modified: recent });
	expect(statFd(file)).toMatchObject({ accessed: old, modified: recent });
	closeFd(file);
	expect(code(() => setTimesAt(fd, "none", { access: old, modified: old }))).toBe("ENOENT");
	expect(code(() => setTimes(9999, { access: old, modified: old }))).toBe("EBADF");
});

test("statx tells what lstat tells", () => {
	writeFileSync(join(folder, "a"), "x".repeat(5000), { mode: 0o604 });
	const expected = lstatSync(join(folder, "a"), { bigint: true });
	expect(statAt(fd, "a")).toMatchObject({
		mode: Number(expected.mode),
		inode: expected.ino,
		sizeBytes: 5000,
		allocatedBytes: Number(expected.blocks) * 512,
		isMountRoot: false,
	});
	expect(statAt(fd, "none")).toBeUndefined();
	expect(statAt(fd, "a/b")).toBeUndefined();
	expect(statAt(AT_FDCWD, "/proc")?.isMountRoot).toBe(true);
	expect(code(() => statFd(9999))).toBe("EBADF");
});

test("a path in a root cannot leave it", () => {
	mkdirSync(join(folder, "etc"));
	writeFileSync(join(folder, "etc/passwd"), "inside");
	symlinkSync("/etc/passwd", join(folder, "absolute"));
	symlinkSync("../../../../etc/passwd", join(folder, "upwards"));
	for (const path of ["etc/passwd", "absolute", "upwards", "../../etc/passwd", "/etc/passwd"]) {
		const file = openInRoot(fd, path, O.RDONLY)!;
		expect(readFileSync(file, "utf8")).toBe("inside");
		closeFd(file);
	}
	expect(openInRoot(fd, "etc/passwd/x", O.RDONLY)).toBeUndefined();
	expect(code(() => openInRoot(fd, "absolute", O.RDONLY | O.NOFOLLOW))).toBe("ELOOP");
	const root = openInRoot(fd, "", O.RDONLY)!;
	expect(statFd(root).inode).toBe(statFd(fd).inode);
	closeFd(root);
});

test("the magic links of procfs lead nowhere", () => {
	const processes = openSync("/proc", "r");
	expect(code(() => openInRoot(processes, "self/root/etc", O.RDONLY))).toBe("ELOOP");
	closeSync(processes);
});

test("a listing is complete, sorted by bytes and keeps names that are no UTF-8", () => {
	const names = Array.from({ length: 3000 }, (_, number) => `file-with-a-long-name-${number}`);
	for (const name of [...names, "\xff\xfe", toByteString("ä")]) {
		makeNodeAt(fd, name, { mode: S.IFREG | 0o600 });
	}
	const listed = listDirectory(fd);
	expect(listed).toEqual([...names, "\xff\xfe", "\xc3\xa4"].sort());
	expect(listed.map(fromByteString)).toContain("ä");
	expect(code(() => listDirectory(9999))).toBe("EBADF");
});

test("names that the kernel would cut or misread are refused", () => {
	expect(code(() => bytePath("a\0b"))).toBe("EINVAL");
	expect(code(() => bytePath("\u{100}"))).toBe("EINVAL");
	expect(code(() => bytePath("a".repeat(PATH_MAX)))).toBe("ENAMETOOLONG");
	expect(code(() => openAt(fd, "a".repeat(256), O.RDONLY))).toBe("ENAMETOOLONG");
	expect(readdirSync(folder)).toEqual([]);
});
