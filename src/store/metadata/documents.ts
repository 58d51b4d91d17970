import type { DatabaseSync } from "node:sqlite";
import type { Logger } from "../../lib/index.ts";
import type { Documents, DocumentTable } from "./contract.ts";
import { translateSqliteError } from "./sqlite-error.ts";

interface DocumentsOptions<T> {
	readonly db: DatabaseSync;
	readonly path: string;
	readonly table: DocumentTable;
	readonly log: Logger;
	readonly parse: ((value: unknown) => T) | undefined;
}

interface Row {
	readonly key: string;
	readonly value: string;
}

export function openDocuments<T>({ db, path, table, log, parse }: DocumentsOptions<T>): Documents<T> {
	const select = db.prepare(`SELECT key, value FROM ${table} WHERE key = ?`);
	const selectAll = db.prepare(`SELECT key, value FROM ${table} ORDER BY key`);
	const upsert = db.prepare(
		`INSERT INTO ${table} (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
	);
	const remove = db.prepare(`DELETE FROM ${table} WHERE key = ?`);
	const reject = db.prepare(
		`INSERT INTO ${table}_rejected (key, value, reason, rejected_at) VALUES (?, ?, ?, ?)`,
	);

	const read = (row: Row): { value: T } | undefined => {
		try {
			const value: unknown = JSON.parse(row.value);
			return { value: parse === undefined ? (value as T) : parse(value) };
		} catch (error) {
			setAside(row, error);
			return undefined;
		}
	};

	// Copied before it is deleted, so that a kill in between leaves it twice rather than not at all.
	const setAside = (row: Row, error: unknown) => {
		const reason = error instanceof Error ? error.message : String(error);
		reject.run(row.key, row.value, reason, new Date().toISOString());
		remove.run(row.key);
		log.error("a record cannot be read and was set aside", {
			table: `${table}_rejected`,
			key: row.key,
			reason,
		});
	};

	const writing = (body: () => void) => {
		try {
			body();
		} catch (error) {
			throw translateSqliteError(error, path);
		}
	};

	return {
		get(key) {
			const row = select.get(key) as Row | undefined;
			return row === undefined ? undefined : read(row)?.value;
		},
		put(key, value) {
			writing(() => upsert.run(key, JSON.stringify(value)));
		},
		delete(key) {
			writing(() => remove.run(key));
		},
		entries() {
			const entries: { key: string; value: T }[] = [];
			for (const row of selectAll.all() as unknown as Row[]) {
				const document = read(row);
				if (document !== undefined) entries.push({ key: row.key, value: document.value });
			}
			return entries;
		},
	};
}
