import { describe, expect, test } from "bun:test";
import { type TarEntry, tarEntry, tarName, tarText } from "./entry.ts";
import { formatTarHeader, tarEnd, tarPadding } from "./header-writer.ts";
import { type TarEvent, TarParser } from "./parser.ts";
import { readTar, writeTar } from "./streams.ts";

interface Read {
	readonly entry: TarEntry;
	readonly pieces: { readonly offset: number; readonly text: string }[];
}

/** Parses in chunks of a size; neighbouring pieces of content are joined. */
function parse(archive: Uint8Array, chunkBytes = archive.length): Read[] {
	const parser = new TarParser();
	const found: Read[] = [];
	for (let start = 0; start < archive.length; start += chunkBytes) {
		parser.feed(archive.subarray(start, start + chunkBytes));
		for (let event = parser.next(); event !== undefined; event = parser.next()) take(found, event);
	}
	parser.finish();
	return found;
}

function take(found: Read[], event: TarEvent): void {
	if (event.kind === "entry") found.push({ entry: event.entry, pieces: [] });
	if (event.kind !== "data") return;
	const pieces = found.at(-1)!.pieces;
	const last = pieces.at(-1);
	const text = event.bytes.toString("latin1");
	if (last !== undefined && last.offset + last.text.length === event.offset)
		pieces[pieces.length - 1] = { offset: last.offset, text: last.text + text };
	else pieces.push({ offset: event.offset, text });
}

function archive(...items: [TarEntry, string?][]): Buffer {
	const parts = items.flatMap(([entry, text = ""]) => [
		formatTarHeader(entry),
		Buffer.from(text, "latin1"),
		tarPadding(entry),
	]);
	return Buffer.concat([...parts, tarEnd]);
}

const full = tarEntry({
	name: "folder/file",
	mode: 0o4751,
	uid: 1000,
	gid: 2000,
	userName: "user",
	groupName: "group",
	size: 5,
	mtime: { seconds: 1_700_000_000, nanos: 0 },
});

describe("what is written is read again", () => {
	const cases: Record<string, Partial<TarEntry>> = {
		plain: {},
		"a name of 100 bytes": { name: "n".repeat(100) },
		"a name that is split": { name: `${"p".repeat(120)}/${"n".repeat(100)}` },
		"a long name": { name: `${"d/".repeat(500)}file` },
		"a name in UTF-8": { name: tarName("ordner/größe-☃") },
		"a name that is no text": { name: "\xff\xfe/\x80" },
		"a name of one part too long for a field": { name: "n".repeat(255) },
		"a big owner": { uid: 3_000_000_000, gid: 4_294_967_294 },
		"a time of nanoseconds": { mtime: { seconds: 1_700_000_000, nanos: 123_456_789 } },
		"a time before 1970": { mtime: { seconds: -2, nanos: 500_000_000 } },
		"a whole second before 1970": { mtime: { seconds: -86_400, nanos: 0 } },
		"a far time": { mtime: { seconds: 99_999_999_999, nanos: 1 } },
		xattrs: {
			xattrs: new Map([
				["user.empty", new Uint8Array()],
				["security.capability", Buffer.from([1, 0, 0, 2, 10, 61, 0, 255])],
			]),
		},
		"a long user": { userName: "u".repeat(40) },
	};
	for (const [name, change] of Object.entries(cases)) {
		test(name, () => {
			const entry = { ...full, ...change };
			for (const chunkBytes of [1 << 20, 512, 100, 7]) {
				const [read] = parse(archive([entry, "hello"]), chunkBytes);
				expect(normal(read!.entry)).toEqual(normal(entry));
				expect(read!.pieces).toEqual([{ offset: 0, text: "hello" }]);
			}
		});
	}

	test("all types", () => {
		const entries = [
			tarEntry({ name: "dir/", type: "directory", mode: 0o1777 }),
			tarEntry({ name: "link", type: "symlink", linkName: `../${"x/".repeat(100)}` }),
			tarEntry({ name: "hard", type: "hardlink", linkName: "dir/file" }),
			tarEntry({ name: "null", type: "character", deviceMajor: 1, deviceMinor: 3 }),
			tarEntry({ name: "disk", type: "block", deviceMajor: 259, deviceMinor: 70_000 }),
			tarEntry({ name: "pipe", type: "fifo" }),
		];
		const read = parse(archive(...entries.map((entry): [TarEntry] => [entry])));
		expect(read.map(({ entry }) => normal(entry))).toEqual(entries.map(normal));
	});

	test("sparse files", () => {
		for (const extents of [
			[],
			[{ offset: 0, length: 3 }],
			[
				{ offset: 10, length: 3 },
				{ offset: 1_000_000, length: 2 },
			],
		]) {
			const entry = tarEntry({ name: "a/sparse", size: 1_000_002, extents });
			const stored = "abcde".slice(
				0,
				extents.reduce((sum, { length }) => sum + length, 0),
			);
			const [read] = parse(archive([entry, stored]), 100);
			expect(read!.entry.name).toBe("a/sparse");
			expect(read!.entry.size).toBe(1_000_002);
			expect(read!.entry.extents).toEqual(extents);
			expect(read!.pieces.map(({ text }) => text).join("")).toBe(stored);
			expect(read!.pieces.map(({ offset }) => offset)).toEqual(extents.map(({ offset }) => offset));
		}
	});

	test("the same entry gives the same bytes", () => {
		const entry = {
			...full,
			xattrs: new Map([
				["b", Buffer.from("1")],
				["a", Buffer.from("2")],
			]),
		};
		const other = {
			...full,
			xattrs: new Map([
				["a", Buffer.from("2")],
				["b", Buffer.from("1")],
			]),
		};
		expect(formatTarHeader(entry)).toEqual(formatTarHeader(other));
	});
});

describe("what is wrong is refused by the entry's name", () => {
	const good = archive([full, "hello"]);
	const patched = (change: (bytes: Buffer) => void, checksum = true) => {
		const bytes = Buffer.from(good);
		change(bytes);
		if (checksum) setChecksum(bytes);
		return bytes;
	};
	const pax = (records: string, flag = "x") => {
		const header = formatTarHeader(
			tarEntry({ name: "PaxHeaders/x", size: Buffer.byteLength(records, "latin1") }),
		);
		header.write(flag, 156);
		setChecksum(header);
		const body = Buffer.alloc(Math.ceil(records.length / 512) * 512);
		body.write(records, "latin1");
		return Buffer.concat([header, body, good]);
	};
	const cases: Record<string, [Uint8Array, string]> = {
		"a wrong checksum": [patched((bytes) => bytes.write("x", 0), false), "wrong checksum"],
		"random bytes": [Buffer.alloc(2048, "random bytes"), "wrong checksum"],
		"a negative size": [patched((bytes) => bytes.fill(0xff, 124, 136)), 'entry "folder/file": negative size'],
		"a size beyond all": [
			patched((bytes) => bytes.fill(0x80, 124, 136).fill(0xff, 125, 136)),
			'entry "folder/file": bad number in field size',
		],
		"a number that is none": [
			patched((bytes) => bytes.write("12x45", 108)),
			'entry "folder/file": bad number in field uid',
		],
		"an unknown type": [
			patched((bytes) => bytes.write("Z", 156)),
			'entry "folder/file": unsupported entry type "Z"',
		],
		"an empty name": [patched((bytes) => bytes.fill(0, 0, 100)), "entry without a name"],
		"an end within the content": [good.subarray(0, 514), 'entry "folder/file": unexpected end'],
		"an end within the header": [good.subarray(0, 100), "unexpected end"],
		"one zero block, then more": [
			Buffer.concat([Buffer.alloc(512), good]),
			"data after an end-of-archive block",
		],
		"a pax length of nothing": [pax("x path=a\n"), "bad pax record length"],
		"a pax length beyond its header": [pax("99 path=a\n"), "bad pax record length"],
		"a pax length that cuts": [pax("8 path=a\n"), "bad pax record length"],
		"a pax record without a key": [pax("6 =ab\n"), "pax record without a key"],
		"a NUL in a pax name": [pax("12 path=a\0b\n"), "NUL in pax record path"],
		"a pax size that is none": [pax("11 size=-1\n"), "bad number in pax record size"],
		"a pax size that lies": [pax("13 size=9999\n"), "unexpected end"],
		"a pax time that is none": [pax("13 mtime=1e9\n"), "bad number in pax record mtime"],
		"a pax header that announces a GiB": [
			(() => {
				const header = formatTarHeader(tarEntry({ name: "big", size: 1 << 30 }));
				header.write("x", 156);
				setChecksum(header);
				return header;
			})(),
			"extended header of 1073741824 bytes",
		],
		"a pax header for nothing": [pax("9 path=a\n").subarray(0, 1024), "unexpected end"],
		"a sparse map out of order": [
			pax("25 GNU.sparse.map=9,1,2,4\n22 GNU.sparse.size=10\n".replace("25", "26")),
			"sparse map out of order",
		],
		"a sparse map longer than what is stored": [
			pax("26 GNU.sparse.map=0,4,5,9\n22 GNU.sparse.size=99\n"),
			"sparse map of 13 bytes for 5 stored",
		],
		"a sparse format of the future": [pax("22 GNU.sparse.major=2\n"), "unsupported sparse format 2.0"],
	};
	for (const [name, [bytes, message]] of Object.entries(cases)) {
		test(name, () => {
			for (const chunkBytes of [bytes.length, 64])
				expect(() => parse(bytes, chunkBytes)).toThrow(
					expect.objectContaining({ code: "corrupt", message: expect.stringContaining(message) }),
				);
		});
	}

	test("random damage is an error or is read, never anything else", () => {
		const entry = {
			...full,
			name: `${"d/".repeat(100)}file`,
			xattrs: new Map([["user.a", Buffer.from("v")]]),
		};
		const sound = archive(
			[entry, "hello"],
			[tarEntry({ name: "s", size: 99, extents: [{ offset: 5, length: 2 }] }), "ab"],
		);
		let state = 1;
		const random = (limit: number) => {
			state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
			return state % limit;
		};
		for (let round = 0; round < 3000; round++) {
			const bytes = Buffer.from(sound);
			for (let count = random(4); count >= 0; count--) bytes[random(bytes.length)] = random(256);
			if (round % 2 === 0)
				for (let block = 0; block + 512 <= bytes.length; block += 512) setChecksum(bytes, block);
			try {
				parse(bytes.subarray(0, random(10) === 0 ? random(bytes.length) : bytes.length), 300);
			} catch (error) {
				expect(error).toMatchObject({ code: "corrupt" });
			}
		}
	});
});

test("global pax records hold for all entries, an entry's own win", () => {
	const global = formatTarHeader(tarEntry({ name: "g", size: 24 }));
	global.write("g", 156);
	setChecksum(global);
	const body = Buffer.alloc(512);
	body.write("12 mtime=77\n12 gname=gg\n");
	const own = { ...full, mtime: { seconds: 5, nanos: 1 }, groupName: "own" };
	const read = parse(Buffer.concat([global, body, archive([full, "hello"], [own, "hello"])]));
	expect(read.map(({ entry }) => [entry.mtime.seconds, entry.groupName])).toEqual([
		[77, "gg"],
		[5, "gg"],
	]);
});

test("an archive may end without its mark, and what follows the mark is ignored", () => {
	const whole = archive([full, "hello"]);
	expect(parse(whole.subarray(0, 1024))).toHaveLength(1);
	expect(parse(Buffer.concat([whole, Buffer.alloc(10_000, "garbage")]), 1000)).toHaveLength(1);
	expect(parse(new Uint8Array())).toHaveLength(0);
});

test("readTar and writeTar go in step, and unread content is skipped", async () => {
	async function* items() {
		yield { entry: tarEntry({ name: "a", size: 3 }), content: [Buffer.from("a"), Buffer.from("aa")] };
		yield { entry: tarEntry({ name: "b", size: 600 }), content: [Buffer.alloc(600, "b")] };
		yield { entry: tarEntry({ name: "c", size: 1 }), content: [Buffer.from("c")] };
	}
	const texts: Record<string, string> = {};
	for await (const { entry, content } of readTar(writeTar(items()))) {
		if (entry.name === "b") continue;
		texts[entry.name] = "";
		for await (const piece of content) texts[entry.name] += Buffer.from(piece).toString();
	}
	expect(texts).toEqual({ a: "aaa", c: "c" });
	async function* liar() {
		yield { entry: tarEntry({ name: "a", size: 3 }), content: [Buffer.from("aaaa")] };
	}
	await expect(Array.fromAsync(writeTar(liar()))).rejects.toMatchObject({ code: "corrupt" });
});

/** For comparing: `Map`s and buffers as plain values. */
function normal(entry: TarEntry): object {
	const xattrs = Object.fromEntries(
		[...entry.xattrs].map(([key, value]) => [key, Buffer.from(value).toString("hex")]),
	);
	return {
		...entry,
		name: tarText(entry.name),
		bytes: Buffer.from(entry.name, "latin1").toString("hex"),
		xattrs,
	};
}

function setChecksum(bytes: Buffer, at = 0): void {
	bytes.fill(0x20, at + 148, at + 156);
	let sum = 0;
	for (let index = at; index < at + 512; index++) sum += bytes[index]!;
	bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, at + 148, "latin1");
}
