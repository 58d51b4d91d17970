import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { formatTarHeader, type TarEntry, tarEnd, tarEntry } from "../../../src/lib/index.ts";
import { describeTree, extract, type Item, makeTar, openWorkshop, type Workshop, wide } from "./workshop.ts";

const file = (name: string, text = "evil"): [TarEntry, string] => [
	tarEntry({ name, size: text.length }),
	text,
];
const symlink = (name: string, linkName: string) => tarEntry({ name, type: "symlink", linkName });
const hardlink = (name: string, linkName: string) => tarEntry({ name, type: "hardlink", linkName });
const directory = (name: string) => tarEntry({ name, type: "directory" });

interface Outcome {
	/** Part of the error; `undefined`: extracted, harmlessly. */
	readonly error?: string;
	/** What is in the tree afterwards, `find` order. */
	readonly tree?: string;
}

/** Every case runs as a layer of either kind and as an upload; nothing outside of the tree may change. */
const cases: Record<string, { readonly items: readonly Item[]; readonly expected: Outcome }> = {
	"a name that climbs out": {
		items: [file("../outside")],
		expected: { error: 'entry "../outside": it is outside of the archive\'s root' },
	},
	"a name that climbs out half-way": {
		items: [file("a/../../outside")],
		expected: { error: 'entry "a/../../outside": it is outside' },
	},
	"a folder that climbs out": { items: [directory("../../etc/")], expected: { error: "it is outside" } },
	"a name of dots that stays inside": { items: [file("a/../b")], expected: { tree: "b" } },
	"an absolute name": { items: [file("/etc/shadow")], expected: { tree: "etc etc/shadow" } },
	"a symlink out, then a file through it": {
		items: [symlink("out", "../sentinel"), file("out/file")],
		expected: { error: 'entry "out/file": a parent of it is not a directory' },
	},
	"an absolute symlink to a real folder, then a file through it": {
		items: [symlink("out", "/tmp"), file("out/hull-evil-file")],
		expected: { error: "a parent of it is not a directory" },
	},
	"a symlink to the root, then a file through it": {
		items: [symlink("out", "/../../.."), file("out/inside")],
		expected: { tree: "inside out" },
	},
	"a symlink over procfs, then a file through it": {
		items: [symlink("out", "/proc/self/cwd"), file("out/file")],
		expected: { error: "a parent of it is not a directory" },
	},
	"symlinks in a circle": {
		items: [symlink("a", "b"), symlink("b", "a"), file("a/file")],
		expected: { error: "its folder cannot be opened" },
	},
	"a file over a symlink": {
		items: [symlink("link", "../sentinel/file"), file("link")],
		expected: { tree: "link" },
	},
	"a folder replaced by a symlink, then a file in it": {
		items: [directory("d"), file("d/a"), symlink("d", "../sentinel"), file("d/b")],
		expected: { error: 'entry "d/b": a parent of it is not a directory' },
	},
	"a hard link out": {
		items: [hardlink("link", "../sentinel/file")],
		expected: { error: 'entry "../sentinel/file": it is outside' },
	},
	"a hard link to an absolute name": {
		items: [hardlink("link", "/etc/passwd")],
		expected: { error: 'entry "link": hard link to "/etc/passwd", which is not there' },
	},
	"a hard link through a symlink": {
		items: [symlink("out", "/etc"), hardlink("link", "out/passwd")],
		expected: { error: 'entry "link": hard link to "out/passwd", which is not there' },
	},
	"a hard link to a symlink, then a file through it": {
		items: [symlink("s", "../sentinel/file"), hardlink("h", "s"), file("h")],
		expected: { tree: "h s" },
	},
	"a hard link to itself": {
		items: [file("a"), hardlink("a", "./a")],
		expected: { error: 'entry "a": hard link to itself' },
	},
	"a hard link to a folder": {
		items: [directory("d"), hardlink("link", "d")],
		expected: { error: 'hard link to "d", which is a directory' },
	},
	"a file written through a hard link": {
		items: [file("a", "first"), hardlink("b", "a"), file("b", "other")],
		expected: { tree: "a b" },
	},
	"a device, then a file over it": {
		items: [tarEntry({ name: "null", type: "character", deviceMajor: 1, deviceMinor: 3 }), file("null")],
		expected: { tree: "null" },
	},
	"a device, then a file through a link to it": {
		items: [
			tarEntry({ name: "null", type: "character", deviceMajor: 1, deviceMinor: 3 }),
			hardlink("link", "null"),
			file("link"),
		],
		expected: { tree: "link null" },
	},
	"a fifo, then a file over it": {
		items: [tarEntry({ name: "pipe", type: "fifo" }), file("pipe")],
		expected: { tree: "pipe" },
	},
	"a file as a parent": {
		items: [file("a"), file("a/b")],
		expected: { error: 'entry "a/b": a parent of it is not a directory' },
	},
	"the root as a file": { items: [file("./")], expected: { error: "a file cannot be the root" } },
	"the root as a symlink": {
		items: [symlink("x/..", "/etc")],
		expected: { error: "a symlink cannot be the root" },
	},
	"a symlink to nothing": { items: [symlink("a", "")], expected: { error: "symlink to nothing" } },
	"a part of a name that is too long": {
		items: [file("n".repeat(256))],
		expected: { error: "a part of its name has 256 bytes" },
	},
	"a name longer than any path": {
		items: [file(`${"d/".repeat(3000)}f`)],
		expected: { error: "its name has 6001 bytes" },
	},
	"a symlink longer than any path": {
		items: [symlink("link", "x".repeat(5000))],
		expected: { error: 'entry "link"' },
	},
	"a name with a NUL": {
		items: [file(`${"a".repeat(200)}\0b`)],
		expected: { error: "NUL in pax record path" },
	},
	"an owner out of range": {
		items: [tarEntry({ name: "a", uid: 2 ** 40 })],
		expected: { error: 'entry "a": its owner is out of range' },
	},
	"entries that come twice": {
		items: [file("a", "1"), directory("a"), file("a/b", "2"), file("a", "3"), directory("d"), directory("d")],
		expected: { tree: "a d" },
	},
	"an xattr of the layer store's own": {
		items: [tarEntry({ name: "d", type: "directory", xattrs: overlayXattrs() })],
		expected: { tree: "d" },
	},
	"an xattr that no kernel takes": {
		items: [tarEntry({ name: "a", xattrs: new Map([["nonsense.a", Buffer.from("x")]]) })],
		expected: { tree: "a" },
	},
};

function overlayXattrs() {
	return new Map([
		["trusted.overlay.redirect", Buffer.from("/../../etc")],
		["trusted.overlay.opaque", Buffer.from("y")],
	]);
}

async function run(workshop: Workshop, name: string, way: "overlay" | "apply" | "upload"): Promise<void> {
	const { items, expected } = cases[name]!;
	workshop.run("mkdir sentinel && echo safe > sentinel/file && mkdir -p tree");
	const before = describeTree(workshop, "sentinel");
	const bytes = makeTar(...items);
	const root = { kind: "directory", path: join(workshop.path, "tree") } as const;
	async function* source() {
		yield bytes;
	}
	const work =
		way === "upload"
			? workshop.archive.unpack(root, "/", source(), { noOverwriteDirNonDir: false, limits: wide })
			: extract(workshop, bytes, { whiteouts: way });
	if (expected.error === undefined) await work;
	else
		await expect(work).rejects.toMatchObject({
			code: "corrupt",
			message: expect.stringContaining(expected.error),
		});
	if (expected.tree !== undefined)
		expect(
			workshop.run("cd tree && find . -mindepth 1 -printf '%P\\n' | LC_ALL=C sort | tr '\\n' ' '").trim(),
		).toBe(expected.tree);
	expect(describeTree(workshop, "sentinel")).toBe(before);
	expect(workshop.run("ls -A | tr '\\n' ' '").replace("blob ", "")).toBe("mount-point sentinel tree ");
	expect(workshop.run("ls -d /tmp/hull-evil-file /evil /outside 2>/dev/null | wc -l").trim()).toBe("0");
}

for (const way of ["overlay", "apply", "upload"] as const) {
	describe(`a hostile archive as ${way}`, () => {
		for (const name of Object.keys(cases)) {
			test(name, async () => {
				using workshop = openWorkshop();
				await run(workshop, name, way);
			});
		}
	});
}

test("what an archive does to links and devices stays with their names", async () => {
	using workshop = openWorkshop();
	await extract(workshop, makeTar(...cases["a file written through a hard link"]!.items));
	expect(workshop.run("cat tree/a tree/b")).toBe("firstother");
	await extract(workshop, makeTar(...cases["an xattr of the layer store's own"]!.items), { into: "xattrs" });
	expect(workshop.run("getfattr -d -m - xattrs/d")).toBe("");
});

describe("whiteouts", () => {
	for (const [name, reason] of [
		[".wh.", "whiteout of no name"],
		[".wh..", "whiteout of no name"],
		[".wh...", "whiteout of no name"],
		["a/../.wh...", "whiteout of no name"],
		["../.wh.sentinel", "it is outside"],
	] as const) {
		for (const whiteouts of ["overlay", "apply"] as const) {
			test(`${name} is refused (${whiteouts})`, async () => {
				using workshop = openWorkshop();
				workshop.run("mkdir -p sentinel tree/a && touch tree/a/b sentinel/file");
				await expect(extract(workshop, makeTar(file(name, "")), { whiteouts })).rejects.toMatchObject({
					code: "corrupt",
					message: expect.stringContaining(`entry ${JSON.stringify(name)}: ${reason}`),
				});
				expect(workshop.run("ls sentinel tree/a")).toBe("sentinel:\nfile\n\ntree/a:\nb\n");
			});
		}
	}
});

describe("bombs", () => {
	test("more entries than allowed", async () => {
		using workshop = openWorkshop();
		const items = Array.from({ length: 11 }, (_, index) => file(`f${index}`));
		await expect(
			extract(workshop, makeTar(...items), { limits: { ...wide, maxEntries: 10 } }),
		).rejects.toMatchObject({
			code: "too_large",
			message: 'archive has more than 10 entries, at entry "f10"',
		});
	});

	test("more bytes than allowed, before they are written", async () => {
		using workshop = openWorkshop();
		const bytes = gzipSync(makeTar(file("small"), tarEntry({ name: "big", size: 50_000_000 })));
		await expect(
			extract(workshop, bytes, { limits: { ...wide, maxBytes: 1_000_000 } }),
		).rejects.toMatchObject({
			code: "too_large",
			message: 'archive has more than 1000000 bytes, at entry "big"',
		});
		expect(workshop.run("ls tree")).toBe("small\n");
	});

	test("a sparse file larger than allowed", async () => {
		using workshop = openWorkshop();
		const entry = tarEntry({ name: "huge", size: 2 ** 50, extents: [] });
		const archive = Buffer.concat([formatTarHeader(entry), tarEnd]);
		await expect(extract(workshop, archive)).rejects.toMatchObject({ code: "too_large" });
	});

	test("headers without end", async () => {
		using workshop = openWorkshop();
		const header = formatTarHeader(tarEntry({ name: "x".repeat(150), mtime: { seconds: 1, nanos: 1 } }));
		const endless = gzipSync(Buffer.concat(Array.from({ length: 20_000 }, () => header.subarray(0, 1024))));
		await expect(
			extract(workshop, endless, { limits: { maxBytes: 1000, maxEntries: 1000 } }),
		).rejects.toMatchObject({ code: "too_large" });
	});

	test("a hundred thousand tiny entries in little memory", async () => {
		using workshop = openWorkshop();
		const count = 100_000;
		const headers = Array.from({ length: count }, (_, index) =>
			formatTarHeader(tarEntry({ name: `d/${index % 500}/f${index}` })),
		);
		writeFileSync(join(workshop.path, "many.tar"), Buffer.concat([...headers, tarEnd]));
		headers.length = 0;
		const result = await workshop.archive.extractLayer({
			blobPath: join(workshop.path, "many.tar"),
			directory: workshop.folder("tree"),
			whiteouts: "overlay",
			limits: wide,
		});
		expect(result.inodes).toBe(count);
		expect(workshop.run("find tree -type f | wc -l").trim()).toBe(String(count));
	}, 60_000);
});

test("a worker that is cancelled stops, and its folder is left to the caller", async () => {
	using workshop = openWorkshop();
	const controller = new AbortController();
	const root = { kind: "directory", path: workshop.folder("tree") } as const;
	async function* endless() {
		yield makeTar(file("first")).subarray(0, 1024);
		yield makeTar(tarEntry({ name: "second", size: 1000 })).subarray(0, 512);
		controller.abort();
		await new Promise(() => {});
	}
	const { signal } = controller;
	await expect(
		workshop.archive.unpack(root, "/", endless(), { noOverwriteDirNonDir: false, limits: wide, signal }),
	).rejects.toMatchObject({ code: "cancelled" });
});

test("an upload whose source fails is not taken for a whole one", async () => {
	using workshop = openWorkshop();
	const root = { kind: "directory", path: workshop.folder("tree") } as const;
	async function* failing() {
		yield makeTar(file("first")).subarray(0, 1024);
		throw new Error("the client vanished");
	}
	await expect(
		workshop.archive.unpack(root, "/", failing(), { noOverwriteDirNonDir: false, limits: wide }),
	).rejects.toThrow("the client vanished");
});

test("a full disk is no_space and a read-only one is read_only, by the entry's name", async () => {
	using workshop = openWorkshop();
	const small = join(workshop.path, "small");
	mkdirSync(small);
	chmodSync(small, 0o755);
	workshop.run("mount -t tmpfs -o size=64k small small");
	try {
		const bytes = makeTar(tarEntry({ name: "large", size: 200_000 }));
		await expect(extract(workshop, bytes, { into: "small" })).rejects.toMatchObject({
			code: "no_space",
			message: 'extract "large": no space left on device',
		});
		workshop.run("mount -o remount,ro small");
		await expect(extract(workshop, bytes, { into: "small" })).rejects.toMatchObject({ code: "read_only" });
	} finally {
		workshop.run("umount small");
	}
});
