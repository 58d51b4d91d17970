/**
 * Secrets and configs without a cluster.
 *
 * A **secret** is a small value that containers get and nobody else sees: sealed on the disk, in memory in a
 * container, shown by no answer, event, log or argument. A **config** is the same with a value that may be seen.
 * Containers name them at their creation and get what they hold at each start.
 *
 * Example:
 * ```ts
 * const { id } = vault.create({ kind: "secret", name: "token", labels: {}, value });
 * const folder = delivery.provide(containerId, [{ name: "0", value: vault.open(id), uid: 0, gid: 0, mode: 0o444 }]);
 * // … the files are bound into the container; when it has ended:
 * delivery.release(containerId);
 * ```
 */
export type SecretKind = "secret" | "config";

export interface SecretRecord {
	/** 25 characters of a-z and 0-9, as Docker's. */
	readonly id: string;
	readonly kind: SecretKind;
	/** Unique among its kind. */
	readonly name: string;
	readonly labels: Readonly<Record<string, string>>;
	/** Grows with each update; 1 at first. */
	readonly version: number;
	/** RFC 3339. */
	readonly createdAt: string;
	readonly updatedAt: string;
}

export interface Vault {
	/** Errors: `conflict` for a name that is taken, `invalid_argument`, `too_large`. */
	create(request: {
		readonly kind: SecretKind;
		readonly name: string;
		readonly labels: Readonly<Record<string, string>>;
		readonly value: Uint8Array;
	}): SecretRecord;
	/** By name. */
	list(kind: SecretKind): readonly SecretRecord[];
	/** By id, name or the beginning of an id; `not_found`. */
	get(kind: SecretKind, reference: string): SecretRecord;
	/** Containers get a new value at their next start. */
	update(
		kind: SecretKind,
		reference: string,
		change: { readonly labels?: Readonly<Record<string, string>>; readonly value?: Uint8Array },
	): SecretRecord;
	remove(kind: SecretKind, reference: string): SecretRecord;
	/**
	 * The value; whoever takes it overwrites it after use. Errors: `not_found`, `unavailable` when it is sealed with
	 * another key, `corrupt` when it was tampered with.
	 */
	open(id: string): Uint8Array;
}

/** A file that a container gets. */
export interface DeliveredFile {
	/** In the container's folder. */
	readonly name: string;
	readonly value: Uint8Array;
	readonly uid: number;
	readonly gid: number;
	/** Permission bits. */
	readonly mode: number;
}

/** Files of containers that are never on a disk, not even swapped out. */
export interface Delivery {
	/** Gives the folder that the files are in. What an earlier run had there is gone. */
	provide(containerId: string, files: readonly DeliveredFile[]): string;
	release(containerId: string): void;
	/** Boot: removes what belongs to no container that runs. */
	restore(running: ReadonlySet<string>): void;
}
