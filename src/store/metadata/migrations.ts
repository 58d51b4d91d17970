/**
 * The schema, as the list of steps that made it. A step that has been released is never edited: a change is a new
 * step at the end. The number of steps taken is the file's `user_version`.
 */
import { snapshotSchema } from "../snapshots/schema.ts";
import type { DocumentTable } from "./contract.ts";

const firstTables: readonly DocumentTable[] = [
	"containers",
	"images",
	"networks",
	"endpoints",
	"volumes",
	"execs",
];

export const migrations: readonly string[] = [
	firstTables.map(documentTable).join("\n"),
	snapshotSchema,
	documentTable("pushed_manifests"),
	["volume_snapshots", "volume_moves", "held_containers"].map(documentTable).join("\n"),
	documentTable("secrets"),
	["build_cache", "build_mounts"].map(documentTable).join("\n"),
	documentTable("build_history"),
];

/** A table of documents, and the place for rows of it that could not be parsed. */
function documentTable(name: string): string {
	return `
		CREATE TABLE ${name} (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
		CREATE TABLE ${name}_rejected (
			key TEXT NOT NULL, value TEXT NOT NULL, reason TEXT NOT NULL, rejected_at TEXT NOT NULL
		) STRICT;
	`;
}
