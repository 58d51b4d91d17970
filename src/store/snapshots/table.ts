import { EngineError } from "../../lib/index.ts";
import { type Digest, parseDigest } from "../../oci/index.ts";
import type { Metadata } from "../metadata/contract.ts";
import { translateSqliteError } from "../metadata/sqlite-error.ts";
import type { SnapshotUsage } from "./contract.ts";

export type SnapshotKind = "layer" | "active";
export type DriverName = "overlay" | "plain";

export interface SnapshotRow {
	/** The name of its folder. */
	readonly id: number;
	readonly kind: SnapshotKind;
	/** A layer's chainId, an active snapshot's key. */
	readonly key: string;
	readonly parent: Digest | undefined;
	readonly usage: SnapshotUsage;
}

/** The snapshots table, as one driver sees it. */
export interface SnapshotTable {
	find(kind: SnapshotKind, key: string): SnapshotRow | undefined;
	/** False when the key is taken. */
	insert(row: SnapshotRow): boolean;
	delete(kind: SnapshotKind, key: string): void;
	/** Makes a writable snapshot's row a layer's, in one step. */
	turnIntoLayer(
		key: string,
		layer: { chainId: Digest; parent: Digest | undefined; usage: SnapshotUsage },
	): void;
	/** A layer and all below it, top first. `not_found` names the first that is missing. */
	chain(chainId: Digest): SnapshotRow[];
	/** A snapshot that stands directly on the layer. */
	child(chainId: Digest): SnapshotRow | undefined;
	all(): SnapshotRow[];
}

interface Stored {
	readonly id: number;
	readonly kind: SnapshotKind;
	readonly key: string;
	readonly parent: string | null;
	readonly bytes: number;
	readonly inodes: number;
}

/** Which driver made the snapshots that are there; `undefined` when there is none. */
export function storedDriver({ db }: Metadata): DriverName | undefined {
	return (db.prepare("SELECT driver FROM snapshots LIMIT 1").get() as { driver: DriverName } | undefined)
		?.driver;
}

/** Errors: `unavailable` when another driver made what is there. */
export function openSnapshotTable({ db }: Metadata, driver: DriverName): SnapshotTable {
	const foreign = db.prepare("SELECT driver FROM snapshots WHERE driver <> ? LIMIT 1").get(driver);
	if (foreign !== undefined)
		throw new EngineError("unavailable", `snapshots on disk were made by another driver than ${driver}`);
	const columns = "id, kind, key, parent, bytes, inodes";
	const select = db.prepare(`SELECT ${columns} FROM snapshots WHERE kind = ? AND key = ?`);
	const selectAll = db.prepare(`SELECT ${columns} FROM snapshots ORDER BY id`);
	const selectChild = db.prepare(`SELECT ${columns} FROM snapshots WHERE parent = ? LIMIT 1`);
	const insert = db.prepare(
		`INSERT INTO snapshots (driver, ${columns}) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (kind, key) DO NOTHING`,
	);
	const turn = db.prepare(
		"UPDATE snapshots SET kind = 'layer', key = ?, parent = ?, bytes = ?, inodes = ? WHERE kind = 'active' AND key = ?",
	);
	const remove = db.prepare("DELETE FROM snapshots WHERE kind = ? AND key = ?");

	const find = (kind: SnapshotKind, key: string) => {
		const stored = select.get(kind, key) as Stored | undefined;
		return stored && rowOf(stored);
	};
	const writing = <T>(body: () => T): T => {
		try {
			return body();
		} catch (error) {
			throw translateSqliteError(error, "snapshots");
		}
	};
	return {
		find,
		insert({ id, kind, key, parent, usage }) {
			const values = [driver, id, kind, key, parent ?? null, usage.bytes, usage.inodes];
			return writing(() => insert.run(...values)).changes > 0;
		},
		delete(kind, key) {
			writing(() => remove.run(kind, key));
		},
		turnIntoLayer(key, { chainId, parent, usage }) {
			writing(() => turn.run(chainId, parent ?? null, usage.bytes, usage.inodes, key));
		},
		chain(chainId) {
			const rows: SnapshotRow[] = [];
			for (let next: Digest | undefined = chainId; next !== undefined; next = rows.at(-1)?.parent) {
				const row = find("layer", next);
				if (row === undefined) throw new EngineError("not_found", `no such layer: ${next}`);
				rows.push(row);
			}
			return rows;
		},
		child(chainId) {
			const stored = selectChild.get(chainId) as Stored | undefined;
			return stored && rowOf(stored);
		},
		all: () => (selectAll.all() as unknown as Stored[]).map(rowOf),
	};
}

function rowOf({ id, kind, key, parent, bytes, inodes }: Stored): SnapshotRow {
	return {
		id,
		kind,
		key,
		parent: parent === null ? undefined : parseDigest(parent),
		usage: { bytes, inodes },
	};
}
