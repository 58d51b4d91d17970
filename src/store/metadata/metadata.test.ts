import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createLogger } from "../../lib/index.ts";
import { createLeases } from "./leases.ts";
import { createMetadata } from "./open.ts";

let folder: string;
let path: string;
let lines: string[];
const open = () => createMetadata({ path, log: createLogger("info", (line) => lines.push(line)) });

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "hull-metadata-"));
	path = join(folder, "root", "hull.db");
	lines = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

test("documents outlive the process that wrote them", () => {
	const first = open();
	first.documents<{ name: string }>("volumes").put("v1", { name: "one" });
	first.documents<{ name: string }>("volumes").put("v1", { name: "two" });
	first.close();
	const second = open();
	const volumes = second.documents<{ name: string }>("volumes");
	expect(volumes.get("v1")).toEqual({ name: "two" });
	expect(volumes.get("v2")).toBeUndefined();
	expect(volumes.entries()).toEqual([{ key: "v1", value: { name: "two" } }]);
	volumes.delete("v1");
	expect(volumes.entries()).toEqual([]);
	second.close();
});

test("a transaction that throws changes nothing", () => {
	const metadata = open();
	const volumes = metadata.documents<number>("volumes");
	volumes.put("a", 1);
	expect(() =>
		metadata.transaction(() => {
			volumes.put("a", 2);
			volumes.put("b", 2);
			throw new Error("half-way");
		}),
	).toThrow("half-way");
	expect(volumes.entries()).toEqual([{ key: "a", value: 1 }]);
	expect(metadata.transaction(() => volumes.get("a"))).toBe(1);
	metadata.close();
});

test("a row that cannot be parsed is set aside and reported, and the others are read", () => {
	const metadata = open();
	metadata.documents("containers").put("good", { id: "good" });
	metadata.db.exec("INSERT INTO containers VALUES ('broken', '{\"id\":')");
	const parse = (value: unknown) => {
		if ((value as { id?: unknown }).id === "odd") throw new Error("id: odd");
		return value;
	};
	const containers = metadata.documents("containers", parse);
	containers.put("odd", { id: "odd" });
	expect(containers.entries().map(({ key }) => key)).toEqual(["good"]);
	expect(metadata.db.prepare("SELECT key, value FROM containers_rejected ORDER BY key").all()).toMatchObject([
		{ key: "broken", value: '{"id":' },
		{ key: "odd", value: '{"id":"odd"}' },
	]);
	expect(lines.join("")).toContain('key="broken"');
	expect(containers.get("odd")).toBeUndefined();
	metadata.close();
});

test("a database of a newer version is refused and left alone", () => {
	open().close();
	const newer = new DatabaseSync(path);
	newer.exec("PRAGMA user_version = 999");
	newer.close();
	expect(open).toThrow("was written by a newer version of hull (schema 999");
	const after = new DatabaseSync(path);
	expect(after.prepare("PRAGMA user_version").get()).toEqual({ user_version: 999 });
	after.close();
});

test("a file that is no database is corrupt, by its path", () => {
	open().close();
	rmSync(`${path}-wal`, { force: true });
	writeFileSync(path, "this is not a database, however long it is".repeat(100));
	expect(open).toThrow(expect.objectContaining({ code: "corrupt", message: expect.stringContaining(path) }));
});

test("a lease holds until it is given back", () => {
	const leases = createLeases();
	const one = leases.create();
	const two = leases.create();
	one.hold("sha256:a");
	two.hold("sha256:a");
	two.hold("sha256:b");
	two[Symbol.dispose]();
	expect([...leases.held()]).toEqual(["sha256:a"]);
	one[Symbol.dispose]();
	expect(leases.held().size).toBe(0);
	expect(() => one.hold("sha256:c")).toThrow();
});
