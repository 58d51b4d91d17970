import { afterEach, beforeEach, expect, test } from "bun:test";
import {
	closeSync,
	mkdtempSync,
	openSync,
	readFileSync,
	readSync,
	rmSync,
	statSync,
	symlinkSync,
	writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dataExtents, seekTo, setFileSize } from "./file-extents.ts";
import { peekBytes } from "./peek.ts";
import { createSocketPair } from "./socketpair.ts";
import { getXattr, listXattrs, setXattr } from "./xattr.ts";

const MIB = 1 << 20;
let folder: string;
let path: string;
let fd: number;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "hull-sys-"));
	path = join(folder, "file");
	fd = openSync(path, "w+");
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

test("the data of a sparse file is found, the holes are not", () => {
	seekTo(fd, MIB);
	writeSync(fd, Buffer.alloc(4096, 1));
	setFileSize(fd, 4 * MIB);
	expect(statSync(path).size).toBe(4 * MIB);
	expect(dataExtents(fd, 4 * MIB)).toEqual([{ offset: MIB, length: 4096 }]);
	expect(readSync(fd, Buffer.alloc(1))).toBe(1);
	expect(dataExtents(fd, 0)).toEqual([]);
	setFileSize(fd, 0);
	setFileSize(fd, MIB);
	expect(dataExtents(fd, MIB)).toEqual([]);
});

test("positions beyond 4 GiB are right", () => {
	seekTo(fd, 5 * 1024 * MIB);
	writeSync(fd, "x");
	expect(dataExtents(fd, 5 * 1024 * MIB + 1)).toEqual([{ offset: 5 * 1024 * MIB, length: 1 }]);
});

test("what cannot be sought or cut says so", () => {
	expect(code(() => dataExtents(9999, 1))).toBe("EBADF");
	expect(code(() => setFileSize(9999, 1))).toBe("EBADF");
	expect(code(() => seekTo(9999, 1))).toBe("EBADF");
});

test("extended attributes are set, listed and read, by descriptor and by path", () => {
	setXattr(fd, "user.one", Buffer.from("1"));
	setXattr(path, "user.two", Buffer.alloc(0));
	expect(listXattrs(fd).sort()).toEqual(["user.one", "user.two"]);
	expect(listXattrs(path).sort()).toEqual(["user.one", "user.two"]);
	expect(getXattr(path, "user.one")).toEqual(new Uint8Array(Buffer.from("1")));
	expect(getXattr(fd, "user.two")).toEqual(new Uint8Array(0));
	expect(getXattr(fd, "user.three")).toBeUndefined();
});

test("extended attributes of a symlink are its own", () => {
	const link = join(folder, "link");
	symlinkSync(path, link);
	setXattr(link, "trusted.mine", Buffer.from("x"));
	expect(listXattrs(path)).toEqual([]);
	expect(listXattrs(link)).toEqual(["trusted.mine"]);
});

test("extended attributes that cannot be had say so or are none", () => {
	expect(code(() => setXattr(fd, "nonsense", Buffer.from("x")))).toBe("EOPNOTSUPP");
	expect(code(() => setXattr(join(folder, "none"), "user.a", Buffer.from("x")))).toBe("ENOENT");
	expect(code(() => listXattrs(join(folder, "none")))).toBe("ENOENT");
	expect(code(() => getXattr(9999, "user.a"))).toBe("EBADF");
	expect(listXattrs("/proc/version")).toEqual([]);
	expect(getXattr("/proc/version", "user.a")).toBeUndefined();
});

test("peeking leaves the bytes of a file and of a socket to be read", () => {
	writeSync(fd, "hello");
	expect(Buffer.from(peekBytes(fd, 4)).toString()).toBe("hell");
	expect(peekBytes(fd, 100).length).toBe(5);
	expect(readFileSync(path, "utf8")).toBe("hello");

	const [left, right] = createSocketPair();
	writeSync(left, "stream");
	expect(Buffer.from(peekBytes(right, 3)).toString()).toBe("str");
	const bytes = Buffer.alloc(10);
	expect(bytes.toString("latin1", 0, readSync(right, bytes))).toBe("stream");
	closeSync(left);
	expect(peekBytes(right, 3).length).toBe(0);
	closeSync(right);
	expect(code(() => peekBytes(9999, 3))).toBe("EBADF");
});

test("a socket pair is close-on-exec at both ends", () => {
	for (const end of createSocketPair()) {
		const flags = /flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${end}`, "utf8"))![1]!;
		expect(Number.parseInt(flags, 8) & 0o2000000).toBe(0o2000000);
		closeSync(end);
	}
});
