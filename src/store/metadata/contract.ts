/**
 * `<data-root>/hull.db` (SQLite, WAL). Every table is made in `migrations.ts`; rooms reach the database through the
 * typed tables below, one row type each; what is a document (a container's configuration) is one JSON column.
 */
import type { DatabaseSync } from "node:sqlite";

export interface Metadata {
	readonly db: DatabaseSync;
	/**
	 * All or nothing. Not re-entrant, synchronous: no `await` inside. `durable`: outlives a power failure once it
	 * returns, at the price of a sync; others outlive a kill of the daemon only.
	 */
	transaction<T>(body: () => T, options?: { readonly durable?: boolean }): T;
	/**
	 * A table of JSON documents with a unique key, for records that are read whole. `parse` checks the shape of what
	 * was stored and throws when it is wrong; such a row is set aside like one that is no JSON.
	 */
	documents<T>(table: DocumentTable, parse?: (value: unknown) => T): Documents<T>;
	close(): void;
}

export type DocumentTable =
	| "containers"
	| "images"
	| "networks"
	| "endpoints"
	| "volumes"
	| "execs"
	| "pushed_manifests"
	| "volume_snapshots"
	| "volume_moves"
	| "held_containers"
	| "secrets"
	| "build_cache"
	| "build_mounts"
	| "build_history";

export interface Documents<T> {
	get(key: string): T | undefined;
	put(key: string, value: T): void;
	delete(key: string): void;
	/** Rows that cannot be parsed are set aside (`<table>_rejected`) and reported, never deleted; `get` does so too. */
	entries(): { key: string; value: T }[];
}

/**
 * A lease keeps content and snapshots from collection while an operation works on them. Leases of a daemon that
 * died are gone at the next start, together with whatever only they held.
 */
export interface Leases {
	create(): Lease;
	/** Everything held by any lease right now. */
	held(): ReadonlySet<string>;
}

export interface Lease extends Disposable {
	/** A blob's digest or a layer's chainId. */
	hold(id: string): void;
}
