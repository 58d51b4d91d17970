import { describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { createReadStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ArchiveRoot } from "../../../src/archive/index.ts";
import { tarEntry } from "../../../src/lib/index.ts";
import { eventually } from "../../support/eventually.ts";
import { collect, extract, makeTar, openWorkshop, type Workshop, wide } from "./workshop.ts";

function makeRoot(workshop: Workshop): ArchiveRoot {
	workshop.folder("root");
	workshop.run(`cd root; mkdir -p etc d/sub tmp; echo root > etc/passwd; echo a > d/a; ln d/a d/hard; echo s > d/sub/s
		ln -s d dl; ln -s /nowhere dang; ln -s loop loop; ln -s /etc abs; ln -s ../../../../../../../etc/passwd up
		touch -d '2001-02-03 04:05:06.5 UTC' etc/passwd; chmod 4755 d/a; chmod 1777 tmp; mknod tmp/null c 1 3; mkfifo tmp/pipe`);
	return { kind: "directory", path: join(workshop.path, "root") };
}

async function list(workshop: Workshop, bytes: Uint8Array): Promise<string> {
	writeFileSync(join(workshop.path, "out.tar"), bytes);
	return workshop.run("tar -tPf out.tar").trim().split("\n").join(" ");
}

/** Names, targets and listings as dockerd 20.10 gives them for the same tree. */
const paths: readonly [path: string, name: string, linkTarget: string, listing: string][] = [
	["/d", "d", "", "d/ d/a d/hard d/sub/ d/sub/s"],
	["/d/", "d", "", "d/ d/a d/hard d/sub/ d/sub/s"],
	["d/.", ".", "", "./ ./a ./hard ./sub/ ./sub/s"],
	["/dl", "dl", "/d", "dl"],
	["/dl/", "dl", "", "dl/ dl/a dl/hard dl/sub/ dl/sub/s"],
	["/dl/.", ".", "", "./ ./a ./hard ./sub/ ./sub/s"],
	["/dl/sub", "sub", "", "sub/ sub/s"],
	["/etc/passwd", "passwd", "", "passwd"],
	["abs/passwd", "passwd", "", "passwd"],
	["/up", "up", "/etc/passwd", "up"],
	["/dang", "dang", "/nowhere", "dang"],
	["/d/../etc", "etc", "", "etc/ etc/passwd"],
	["../../../../etc", "etc", "", "etc/ etc/passwd"],
	["/tmp", "tmp", "", "tmp/ tmp/null tmp/pipe"],
];

describe("docker cp out", () => {
	for (const [path, name, linkTarget, listing] of paths) {
		test(path, async () => {
			using workshop = openWorkshop();
			const root = makeRoot(workshop);
			const { stat, stream } = await workshop.archive.pack(root, path);
			expect(stat).toMatchObject({ name, linkTarget });
			expect(await workshop.archive.stat(root, path)).toEqual(stat);
			expect(await list(workshop, await collect(stream))).toBe(listing);
		});
	}

	test("the root itself begins with a slash, or with a dot where one was asked for", async () => {
		using workshop = openWorkshop();
		const root = makeRoot(workshop);
		const slash = await workshop.archive.pack(root, "/");
		expect(slash.stat.name).toBe("/");
		expect(await list(workshop, await collect(slash.stream))).toStartWith("/ /abs /d/ /d/a");
		const dot = await workshop.archive.pack(root, ".");
		expect(dot.stat.name).toBe(".");
		expect(await list(workshop, await collect(dot.stream))).toStartWith("./ ./abs ./d/ ./d/a");
	});

	test("modes are Go's, times have nanoseconds", async () => {
		using workshop = openWorkshop();
		const root = makeRoot(workshop);
		const stat = (path: string) => workshop.archive.stat(root, path);
		expect(await stat("/etc/passwd")).toEqual({
			name: "passwd",
			size: 5,
			mode: 0o644,
			mtime: "2001-02-03T04:05:06.5Z",
			linkTarget: "",
		});
		expect((await stat("/d")).mode).toBe(2 ** 31 + 0o755);
		expect((await stat("/d/a")).mode).toBe(2 ** 23 + 0o755);
		expect((await stat("/tmp")).mode).toBe(2 ** 31 + 2 ** 20 + 0o777);
		expect((await stat("/tmp/null")).mode).toBe(2 ** 26 + 2 ** 21 + 0o644);
		expect((await stat("/tmp/pipe")).mode).toBe(2 ** 25 + 0o644);
		expect((await stat("/dl")).mode).toBe(2 ** 27 + 0o777);
	});

	test("what is not there is not_found by its path", async () => {
		using workshop = openWorkshop();
		const root = makeRoot(workshop);
		for (const path of ["/nope", "/dang/", "/etc/passwd/x", "/nope/x"]) {
			await expect(workshop.archive.stat(root, path)).rejects.toMatchObject({ code: "not_found" });
			await expect(workshop.archive.pack(root, path)).rejects.toMatchObject({
				code: "not_found",
				message: expect.stringContaining(path.replace(/\/$/, "")),
			});
		}
		await expect(workshop.archive.stat(root, "/loop/x")).rejects.toMatchObject({ code: "invalid_argument" });
	});

	test("a reader that goes away ends the worker", async () => {
		using workshop = openWorkshop();
		const root = makeRoot(workshop);
		workshop.run("truncate -s 7M root/d/big; head -c 3000000 /dev/urandom >> root/d/big");
		const { stream } = await workshop.archive.pack(root, "/d");
		for await (const _ of stream) break;
		await eventually(() => expect(workersOf(workshop)).toBe(""));
	});

	test("small files are read whole, symlinks followed inside the tree", async () => {
		using workshop = openWorkshop();
		const root = makeRoot(workshop);
		const read = async (path: string, maxBytes = 100) =>
			Buffer.from((await workshop.archive.readFile(root, path, maxBytes)) ?? "absent").toString();
		expect(await read("/etc/passwd")).toBe("root\n");
		expect(await read("/up")).toBe("root\n");
		expect(await read("/abs/passwd")).toBe("root\n");
		expect(await read("/dang")).toBe("absent");
		expect(await read("/etc/passwd/x")).toBe("absent");
		await expect(read("/etc/passwd", 4)).rejects.toMatchObject({ code: "too_large" });
		await expect(read("/tmp/pipe")).rejects.toMatchObject({ code: "invalid_argument" });
	});
});

describe("docker cp in", () => {
	const upload = (workshop: Workshop, path: string, bytes: Uint8Array, more: object = {}) => {
		const root = { kind: "directory", path: join(workshop.path, "root") } as const;
		writeFileSync(join(workshop.path, "up.tar"), bytes);
		const source = createReadStream(join(workshop.path, "up.tar"));
		return workshop.archive.unpack(root, path, source, {
			noOverwriteDirNonDir: false,
			limits: wide,
			...more,
		});
	};
	const bytes = makeTar(
		tarEntry({ name: "./", type: "directory", mode: 0o700, uid: 9 }),
		[tarEntry({ name: "./new", size: 1, uid: 77, gid: 88 }), "x"],
		tarEntry({ name: "./sub/", type: "directory", mode: 0o750, uid: 77 }),
	);

	test("owners stay or become the one asked for; the folder itself stays as it was", async () => {
		using workshop = openWorkshop();
		makeRoot(workshop);
		await upload(workshop, "/dl", bytes);
		expect(workshop.run("stat -c '%n %a %u:%g' root/d root/d/new root/d/sub")).toBe(
			"root/d 755 0:0\nroot/d/new 644 77:88\nroot/d/sub 750 77:0\n",
		);
		await upload(workshop, "/abs", bytes, { owner: { uid: 5, gid: 6 } });
		expect(workshop.run("stat -c '%u:%g' root/etc root/etc/new root/etc/sub")).toBe("0:0\n5:6\n5:6\n");
		expect(workshop.run("cat root/d/sub/s")).toBe("s\n");
	});

	test("a directory and something else replace one another only when allowed", async () => {
		using workshop = openWorkshop();
		makeRoot(workshop);
		const asFile = makeTar([tarEntry({ name: "sub", size: 1 }), "f"]);
		const asDirectory = makeTar(tarEntry({ name: "a", type: "directory" }));
		const careful = { noOverwriteDirNonDir: true };
		await expect(upload(workshop, "/d", asFile, careful)).rejects.toMatchObject({
			code: "invalid_argument",
			message: 'cannot overwrite directory "sub" with non-directory',
		});
		await expect(upload(workshop, "/d", asDirectory, careful)).rejects.toMatchObject({
			code: "invalid_argument",
			message: 'cannot overwrite non-directory "a" with directory',
		});
		expect(workshop.run("cat root/d/sub/s root/d/a")).toBe("s\na\n");
		await upload(workshop, "/d", asFile);
		await upload(workshop, "/d", asDirectory);
		expect(workshop.run("cat root/d/sub; ls -d root/d/a/")).toBe("froot/d/a/\n");
	});

	test("the place must be a folder that is there", async () => {
		using workshop = openWorkshop();
		makeRoot(workshop);
		await expect(upload(workshop, "/etc/passwd", bytes)).rejects.toMatchObject({
			code: "invalid_argument",
			message: "extraction point is not a directory: /etc/passwd",
		});
		await expect(upload(workshop, "/nope", bytes)).rejects.toMatchObject({ code: "not_found" });
	});

	test("whiteout names are ordinary names", async () => {
		using workshop = openWorkshop();
		makeRoot(workshop);
		await upload(workshop, "/etc", makeTar([tarEntry({ name: ".wh.passwd", size: 1 }), "x"]));
		expect(workshop.run("ls -A root/etc")).toBe(".wh.passwd\npasswd\n");
	});

	test("a truncated archive is corrupt", async () => {
		using workshop = openWorkshop();
		makeRoot(workshop);
		await expect(upload(workshop, "/etc", bytes.subarray(0, 1000))).rejects.toMatchObject({
			code: "corrupt",
		});
	});
});

describe("a running container", () => {
	/** A process with a root of its own, a mount in it, and the host's /proc. */
	async function startContainer(workshop: Workshop): Promise<{ root: ArchiveRoot; stop: () => void }> {
		makeRoot(workshop);
		const script = `cd root; mkdir -p proc bin mnt; cp /bin/busybox bin/; mount --bind . .; cd .; mount --bind "$PWD" "$PWD"; cd "$PWD"
			mount -t proc proc proc; mount -t tmpfs tmpfs mnt; echo mounted > mnt/file; echo ready; exec chroot . /bin/busybox sleep 1000`;
		const child = spawn("unshare", ["--mount", "--propagation", "private", "sh", "-ec", script], {
			cwd: workshop.path,
			stdio: ["ignore", "pipe", "inherit"],
		});
		await new Promise<void>((resolve) => child.stdout.once("data", () => resolve()));
		await eventually(() => expect(workshop.run(`readlink /proc/${child.pid}/root`)).not.toBe("/\n"));
		return { root: { kind: "process", pid: child.pid! }, stop: () => child.kill("SIGKILL") };
	}

	test("is reached with its mounts, exported without them", async () => {
		using workshop = openWorkshop();
		const { root, stop } = await startContainer(workshop);
		try {
			const { stream } = await workshop.archive.pack(root, "/mnt");
			expect(await list(workshop, await collect(stream))).toBe("mnt/ mnt/file");
			const names = await list(workshop, await collect(workshop.archive.exportTree(root)));
			expect(names).toContain("etc/passwd");
			expect(names).toContain(" mnt/ proc/ ");
			expect(names).not.toContain("mnt/file");
			expect(workshop.run("cat /proc/self/mounts").includes(`${workshop.path}/`)).toBe(false);
		} finally {
			stop();
		}
	});

	test("cannot lead out by procfs' magic links, though it sees the host's processes", async () => {
		using workshop = openWorkshop();
		const { root, stop } = await startContainer(workshop);
		try {
			workshop.run(
				"mkdir host; test -e /proc/$PPID/root/tmp; echo secret > host/file; ln -s /proc/$PPID/root root/way-out",
			);
			const outside = `/way-out${workshop.path}/host`;
			// Read as text, the link leads to the container's own root.
			await expect(workshop.archive.stat(root, `${outside}/file`)).rejects.toMatchObject({
				code: "not_found",
			});
			const bytes = makeTar(
				tarEntry({ name: "l", type: "symlink", linkName: `/proc/${process.pid}/root${workshop.path}/host` }),
				[tarEntry({ name: "l/evil", size: 1 }), "x"],
			);
			async function* source() {
				yield bytes;
			}
			const options = { noOverwriteDirNonDir: false, limits: wide };
			await expect(workshop.archive.unpack(root, "/tmp", source(), options)).rejects.toMatchObject({
				code: "corrupt",
			});
			await expect(workshop.archive.readFile(root, `${outside}/file`, 100)).rejects.toThrow();
			expect(workshop.run("ls host")).toBe("file\n");
		} finally {
			stop();
		}
	});

	test("that has ended is a conflict", async () => {
		using workshop = openWorkshop();
		const { root, stop } = await startContainer(workshop);
		stop();
		await eventually(() =>
			expect(workshop.archive.stat(root, "/etc")).rejects.toMatchObject({ code: "conflict" }),
		);
	});
});

test("a stopped container is mounted with its volumes, and nothing stays mounted", async () => {
	using workshop = openWorkshop();
	await extract(workshop, makeTar([tarEntry({ name: "etc/file", size: 1 }), "1"]), { into: "lower" });
	workshop.run(
		"mkdir -p upper work volume lower/data lower/sub && echo v > volume/file && ln -s /data lower/alias && echo one > single",
	);
	const overlay = ["lowerdir=lower", "upperdir=upper", "workdir=work"];
	const root = {
		kind: "mounts",
		mounts: [{ type: "overlay", source: "overlay", cwd: workshop.path, options: overlay }],
		binds: [
			{ source: join(workshop.path, "volume"), target: "/alias", readOnly: true },
			{ source: join(workshop.path, "volume"), target: "/new/place", readOnly: false },
			{ source: join(workshop.path, "single"), target: "/new/file", readOnly: false },
		],
	} as const;
	const text = async (path: string) =>
		Buffer.from((await workshop.archive.readFile(root, path, 100))!).toString();
	expect([await text("/etc/file"), await text("/data/file"), await text("/new/file")]).toEqual([
		"1",
		"v\n",
		"one\n",
	]);
	const upload = (path: string) => {
		async function* source() {
			yield makeTar([tarEntry({ name: "up", size: 1 }), "u"]);
		}
		return workshop.archive.unpack(root, path, source(), { noOverwriteDirNonDir: false, limits: wide });
	};
	await upload("/new/place");
	await upload("/sub");
	await expect(upload("/data")).rejects.toMatchObject({ code: "read_only" });
	expect(workshop.run("ls volume upper upper/sub")).toBe(
		"upper:\nnew\nsub\n\nupper/sub:\nup\n\nvolume:\nfile\nup\n",
	);
	expect(workshop.run("cat /proc/self/mounts").includes(workshop.path)).toBe(false);
});

test("a worker ends with the engine that started it", async () => {
	using workshop = openWorkshop();
	makeRoot(workshop);
	writeFileSync(
		join(workshop.path, "engine.ts"),
		`import { createArchive } from ${JSON.stringify(join(import.meta.dir, "../../../src/archive/index.ts"))};
		import { createLogger } from ${JSON.stringify(join(import.meta.dir, "../../../src/lib/index.ts"))};
		const archive = createArchive({ log: createLogger(), mountPoint: ${JSON.stringify(join(workshop.path, "mount-point"))} });
		async function* never() { await new Promise(() => setInterval(() => {}, 1000)); }
		archive.unpack({ kind: "directory", path: ${JSON.stringify(join(workshop.path, "root"))} }, "/etc", never(), { limits: {} });`,
	);
	const engine = spawn(process.execPath, [join(workshop.path, "engine.ts")], { stdio: "inherit" });
	await eventually(() => expect(workersOf(workshop)).not.toBe(""));
	engine.kill("SIGKILL");
	await eventually(() => expect(workersOf(workshop)).toBe(""));
});

/** Process ids of workers at work here. */
function workersOf(workshop: Workshop): string {
	return workshop.run(`pgrep -f -- '--worker archive [0-9]+ .*${workshop.path}/mount-point' || true`);
}
