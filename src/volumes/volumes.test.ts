import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
	existsSync,
	linkSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "../lib/index.ts";
import { createMetadata, type Metadata } from "../store/index.ts";
import { createVolumes } from "./volumes.ts";

let folder: string;
let metadata: Metadata | undefined;
let logged: string[];
const root = () => join(folder, "volumes");

function open() {
	metadata?.close();
	logged = [];
	const log = createLogger("info", (line) => logged.push(line));
	metadata = createMetadata({ path: join(folder, "hull.db"), log });
	return createVolumes({ metadata, root: root(), log, now: () => new Date("2026-11-24T05:00:00.123Z") });
}

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "hull-volumes-"));
});
afterEach(() => {
	metadata?.close();
	metadata = undefined;
	rmSync(folder, { recursive: true });
});

describe("create", () => {
	test("makes the folder and survives a restart", () => {
		const volume = open().create({ name: "data", labels: { a: "b" } });
		expect(volume).toEqual({
			name: "data",
			driver: "local",
			mountpoint: join(root(), "data/_data"),
			createdAt: "2026-11-24T05:00:00Z",
			labels: { a: "b" },
			options: {},
			anonymous: false,
		});
		expect(statSync(volume.mountpoint).isDirectory()).toBe(true);
		expect(open().get("data")).toEqual(volume);
	});
	test("is idempotent", () => {
		const volumes = open();
		const first = volumes.create({ name: "data", labels: { a: "b" } });
		expect(volumes.create({ name: "data" })).toEqual(first);
	});
	test("makes a name up", () => {
		const volume = open().create({});
		expect(volume.name).toMatch(/^[0-9a-f]{64}$/);
		expect(volume.anonymous).toBe(true);
	});

	const failures: [string, string][] = [
		["a", "create a: volume name is too short, names should be at least two alphanumeric characters"],
		["foo/bar", 'create foo/bar: "foo/bar" includes invalid characters for a local volume name, only'],
		["..", 'create ..: ".." includes invalid characters'],
		[".removing-x-000000000000", "includes invalid characters"],
		["aa\n", "includes invalid characters"],
		["x".repeat(256), "volume name is longer than 255 characters"],
	];
	for (const [name, message] of failures)
		test(`refuses ${JSON.stringify(name.slice(0, 20))}`, () => {
			expect(() => open().create({ name })).toThrow(message);
			expect(readdirSync(root())).toEqual([]);
		});
	test("refuses other drivers and options by name", () => {
		expect(() => open().create({ name: "foo", driver: "nope" })).toThrow(
			'create foo: error looking up volume plugin nope: plugin "nope" not found',
		);
		expect(() => open().create({ name: "foo", options: { type: "nfs" } })).toThrow(
			'create foo: missing required option: "device"',
		);
	});
});

describe("use", () => {
	test("keeps a volume from being removed, across restarts", async () => {
		open().create({ name: "data" });
		open().use("data", "c1");
		const volumes = open();
		expect(volumes.usersOf("data")).toEqual(["c1"]);
		await expect(volumes.remove("data")).rejects.toThrow("remove data: volume is in use - [c1]");
		expect(volumes.release("c1")).toEqual(["data"]);
		await volumes.remove("data");
		expect(existsSync(join(root(), "data"))).toBe(false);
		expect(open().list()).toEqual([]);
	});
	test("a container that is gone uses nothing", () => {
		const volumes = open();
		volumes.create({ name: "data" });
		volumes.use("data", "c1");
		volumes.use("data", "c2");
		volumes.restore(new Set(["c2"]));
		expect(open().usersOf("data")).toEqual(["c2"]);
	});
	test("absent volumes are named", async () => {
		const volumes = open();
		expect(() => volumes.use("nope", "c1")).toThrow("get nope: no such volume");
		await expect(volumes.remove("nope")).rejects.toThrow("get nope: no such volume");
		await volumes.remove("nope", { force: true });
		expect(volumes.find("nope")).toBeUndefined();
	});
});

test("usage counts a hard link once", async () => {
	const volumes = open();
	const { mountpoint } = volumes.create({ name: "data" });
	mkdirSync(join(mountpoint, "sub"));
	writeFileSync(join(mountpoint, "sub/a"), "x".repeat(1000));
	linkSync(join(mountpoint, "sub/a"), join(mountpoint, "b"));
	expect(await volumes.usageBytes("data")).toBe(1000);
});

test("prune takes what nobody uses, named volumes only when asked", async () => {
	const volumes = open();
	const anonymous = volumes.create({});
	writeFileSync(join(anonymous.mountpoint, "f"), "12345");
	volumes.create({ name: "named", labels: { keep: "no" } });
	volumes.create({ name: "kept", labels: { keep: "yes" } });
	volumes.create({ name: "used" });
	volumes.use("used", "c1");
	expect(await volumes.prune({ all: false })).toEqual({ removed: [anonymous.name], reclaimedBytes: 5 });
	const matches = (volume: { labels: Readonly<Record<string, string>> }) => volume.labels["keep"] !== "yes";
	expect((await volumes.prune({ all: true, matches })).removed).toEqual(["named"]);
	expect(volumes.list().map((volume) => volume.name)).toEqual(["kept", "used"]);
});

describe("after a kill", () => {
	test("between the row and the folder of create: the folder is made", () => {
		const { mountpoint } = open().create({ name: "data" });
		rmSync(join(root(), "data"), { recursive: true });
		open();
		expect(existsSync(mountpoint)).toBe(true);
	});
	test("between the rename and the row of remove: the removal is finished", async () => {
		open().create({ name: "data" });
		renameSync(join(root(), "data"), join(root(), ".removing-data-0123456789ab"));
		const volumes = open();
		expect(volumes.list()).toEqual([]);
		await eventually(() => expect(readdirSync(root())).toEqual([]));
	});
	test("before the folder of a removed volume was deleted: a new one of that name stays", async () => {
		open().create({ name: "data" });
		mkdirSync(join(root(), ".removing-data-0123456789ab"));
		const volumes = open();
		expect(volumes.list().map((volume) => volume.name)).toEqual(["data"]);
		await eventually(() => expect(readdirSync(root())).toEqual(["data"]));
	});
	test("a folder without a row is reported, kept, and taken over by create", () => {
		open();
		mkdirSync(join(root(), "lost/_data"), { recursive: true });
		writeFileSync(join(root(), "lost/_data/f"), "x");
		const volumes = open();
		expect(logged.join()).toContain('volume="lost"');
		expect(volumes.find("lost")).toBeUndefined();
		const { mountpoint } = volumes.create({ name: "lost" });
		expect(readdirSync(mountpoint)).toEqual(["f"]);
	});
});

async function eventually(check: () => void): Promise<void> {
	const end = Date.now() + 5_000;
	while (true) {
		try {
			check();
			return;
		} catch (error) {
			if (Date.now() > end) throw error;
			await new Promise((resolve) => setTimeout(resolve, 5));
		}
	}
}
