import { accessSync, constants, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { EngineError, type Logger, translateSystemError } from "../../lib/index.ts";
import type { DocumentTable, Metadata } from "./contract.ts";
import { openDocuments } from "./documents.ts";
import { migrations } from "./migrations.ts";
import { translateSqliteError } from "./sqlite-error.ts";

export interface MetadataOptions {
	/** `<data-root>/hull.db`; its folder is made when it is missing. */
	readonly path: string;
	readonly log: Logger;
}

/**
 * Opens the database and brings its schema up to date, in one transaction: after a kill it is the old schema or the
 * new one. Refuses a file of a newer version (`unavailable`) and one that is no database (`corrupt`), untouched.
 *
 * `synchronous=NORMAL` with WAL: a kill of the daemon loses nothing; a crash of the machine may lose the last
 * transactions, never the file's consistency; durable ones are synced as they are committed.
 */
export function createMetadata({ path, log }: MetadataOptions): Metadata {
	prepareFolder(dirname(path));
	const db = open(path);
	let inTransaction = false;
	return {
		db,
		transaction<T>(body: () => T, { durable = false }: { durable?: boolean } = {}): T {
			if (inTransaction) throw new Error("a transaction inside a transaction");
			inTransaction = true;
			try {
				if (durable) db.exec("PRAGMA synchronous = FULL");
				return transact(db, path, body);
			} finally {
				if (durable) db.exec("PRAGMA synchronous = NORMAL");
				inTransaction = false;
			}
		},
		documents: <T>(table: DocumentTable, parse?: (value: unknown) => T) =>
			openDocuments<T>({ db, path, table, log, parse }),
		close: () => db.close(),
	};
}

/** SQLite itself does not say that it was a read-only file system that kept it from opening its log. */
function prepareFolder(folder: string): void {
	try {
		mkdirSync(folder, { recursive: true, mode: 0o700 });
		accessSync(folder, constants.W_OK);
	} catch (error) {
		throw translateSystemError(error, folder);
	}
}

function open(path: string): DatabaseSync {
	let db: DatabaseSync | undefined;
	try {
		db = new DatabaseSync(path);
		db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;");
		migrate(db, path);
		return db;
	} catch (error) {
		db?.close();
		throw translateSqliteError(error, path);
	}
}

function migrate(db: DatabaseSync, path: string): void {
	const { user_version: version } = db.prepare("PRAGMA user_version").get() as { user_version: number };
	if (version > migrations.length) {
		throw new EngineError(
			"unavailable",
			`${path} was written by a newer version of hull (schema ${version}, this one knows ${migrations.length})`,
		);
	}
	if (version === migrations.length) return;
	transact(db, path, () => {
		for (const step of migrations.slice(version)) db.exec(step);
		db.exec(`PRAGMA user_version = ${migrations.length}`);
	});
}

function transact<T>(db: DatabaseSync, path: string, body: () => T): T {
	try {
		db.exec("BEGIN IMMEDIATE");
		const result = body();
		db.exec("COMMIT");
		return result;
	} catch (error) {
		// After some failures (a full disk) SQLite has rolled back by itself.
		if (db.isTransaction) db.exec("ROLLBACK");
		throw translateSqliteError(error, path);
	}
}
