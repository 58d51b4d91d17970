import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "../lib/index.ts";
import { createMetadata, type Metadata } from "../store/index.ts";
import type { StoredSecret } from "./stored.ts";
import { createVault } from "./vault.ts";

let folder: string;
let metadata: Metadata;
const key = Buffer.alloc(32, 1);
const value = Buffer.from("value");

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "hull-vault-"));
	metadata = createMetadata({ path: join(folder, "hull.db"), log: createLogger("error") });
});
afterEach(() => {
	metadata.close();
	rmSync(folder, { recursive: true });
});

const open = (given: Uint8Array = key) => createVault({ metadata, key: () => given });
const make = () => open().create({ kind: "secret", name: "one", labels: {}, value });
const rows = () => metadata.documents<StoredSecret>("secrets");

test("what was sealed is opened, after a restart too", () => {
	const { id } = make();
	expect(Buffer.from(open().open(id)).toString()).toBe("value");
	open().update("secret", "one", { labels: { a: "b" } });
	expect(Buffer.from(open().open(id)).toString()).toBe("value");
	open().update("secret", "one", { value: Buffer.from("other") });
	expect(Buffer.from(open().open(id)).toString()).toBe("other");
	expect(open().get("secret", id)).toMatchObject({ version: 3, labels: { a: "b" } });
});

test("the same value is never sealed the same", () => {
	const vault = open();
	const ids = ["one", "two"].map((name) => vault.create({ kind: "secret", name, labels: {}, value }).id);
	const [one, two] = ids.map((id) => rows().get(id)!.sealed);
	expect(one!.text).not.toBe(two!.text);
	expect(one!.nonce).not.toBe(two!.nonce);
});

describe("refuses", () => {
	test("another key, and names both", () => {
		const { id } = make();
		expect(() => open(Buffer.alloc(32, 2)).open(id)).toThrow(
			/secret one is sealed with key [0-9a-f]{16}, and/,
		);
	});
	test("a value that was changed, or stands in another's place", () => {
		const { id } = make();
		const other = open().create({ kind: "secret", name: "two", labels: {}, value });
		const stored = rows().get(id)!;
		const text = Buffer.from(stored.sealed.text, "base64");
		text[0]! ^= 1;
		rows().put(id, { ...stored, sealed: { ...stored.sealed, text: text.toString("base64") } });
		expect(() => open().open(id)).toThrow("secret one cannot be opened: it was changed on the disk");
		rows().put(id, { ...stored, sealed: rows().get(other.id)!.sealed });
		expect(() => open().open(id)).toThrow("it was changed on the disk");
	});
	test("a secret where a config is asked for", () => {
		make();
		expect(() => open().get("config", "one")).toThrow("config one not found");
	});
});
