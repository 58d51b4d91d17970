import { createHash } from "node:crypto";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { EngineError, failpoint, KeyedLock, type Logger, translateSystemError } from "../../lib/index.ts";
import type { Metadata } from "../../store/index.ts";
import { diskBytes, runCommand } from "../../sys/index.ts";

/** A folder that RUN steps share between builds. */
export interface MountRecord {
	readonly name: string;
	/** `--mount=type=cache,id=…`. */
	readonly id: string;
	readonly createdAt: string;
	readonly lastUsedAt: string;
	readonly useCount: number;
}

export interface CacheMountRequest {
	readonly id: string;
	readonly sharing: "shared" | "private" | "locked";
	readonly mode: number;
	readonly uid: number;
	readonly gid: number;
	/** Puts the first content into a folder that was just made. */
	readonly fill?: (folder: string) => Promise<void>;
}

/** A mount in use; disposing gives it back. */
export interface CacheMount extends AsyncDisposable {
	/** Path on the host. */
	readonly folder: string;
}

export interface CacheMounts {
	/** Waits for its turn when it is `locked`. `cancelled`. */
	open(request: CacheMountRequest, signal: AbortSignal): Promise<CacheMount>;
	all(): readonly (MountRecord & { readonly isInUse: boolean })[];
	/** Bytes on the disk, in the order of the names. */
	sizes(names: readonly string[]): Promise<number[]>;
	/** By its id or its name, as lists show it. `not_found`. */
	get(reference: string): MountRecord & { readonly isInUse: boolean };
	/** The folder, held still until it is disposed: who wants to use it waits. `conflict` when it is in use. */
	holdStill(name: string, signal: AbortSignal): Promise<Disposable & { readonly folder: string }>;
	/** Gives an id new content; what it had before goes when the new is whole. `conflict` when it is in use. */
	replace(id: string, fill: (folder: string) => Promise<void>, signal: AbortSignal): Promise<void>;
	/** Nothing when it is in use. True: it is gone. */
	remove(name: string): Promise<boolean>;
}

/**
 * Folders below `<data-root>/builder/mounts`, one for each id; `private` ones have a number behind it. A folder is
 * made whole under a name that is no mount's and renamed; one without a row is removed at boot. A kill while one is
 * replaced leaves the old content, the new, or a row without a folder, which is forgotten: the cache is empty then.
 */
export function openCacheMounts({
	root,
	metadata,
	log,
}: {
	readonly root: string;
	readonly metadata: Metadata;
	readonly log: Logger;
}): CacheMounts {
	const documents = metadata.documents<MountRecord>("build_mounts");
	const records = new Map(documents.entries().map(({ value }) => [value.name, value]));
	const locks = new KeyedLock();
	const making = new KeyedLock();
	const users = new Map<string, number>();
	/** Those who have the folder, among all who have or await it. */
	const opened = new Map<string, number>();
	const count = (name: string) => users.get(name) ?? 0;
	const busy = (name: string) => (opened.get(name) ?? 0) > 0;
	const inUse = (name: string) =>
		new EngineError("conflict", `cache mount ${records.get(name)?.id ?? name} is in use by a build`);
	const folderOf = (name: string) => join(root, name);
	let fresh = 0;

	mkdirSync(root, { recursive: true, mode: 0o700 });
	for (const name of readdirSync(root)) if (!records.has(name)) void deleteWhole(folderOf(name), log);
	for (const name of records.keys()) {
		if (existsSync(folderOf(name))) continue;
		records.delete(name);
		documents.delete(name);
	}

	const store = (record: MountRecord) => {
		documents.put(record.name, record);
		records.set(record.name, record);
	};
	/** In place of one that is there. */
	const place = async (name: string, id: string, fill: (folder: string) => Promise<void>) => {
		const made = join(root, `new-${process.pid}-${++fresh}`);
		const going = join(root, `old-${process.pid}-${fresh}`);
		try {
			mkdirSync(made, { mode: 0o700 });
			await fill(made);
			failpoint("builder.mount.before-rename");
			if (records.has(name)) renameSync(folderOf(name), going);
			failpoint("builder.mount.between-renames");
			renameSync(made, folderOf(name));
			failpoint("builder.mount.before-record");
		} catch (error) {
			await deleteWhole(made, log);
			throw translateSystemError(error, `cache mount ${id}`);
		}
		if (existsSync(going)) await deleteWhole(going, log);
	};
	const make = async (name: string, request: CacheMountRequest) => {
		await place(name, request.id, async (made) => {
			await request.fill?.(made);
			chownSync(made, request.uid, request.gid);
			chmodSync(made, request.mode);
		});
		const now = new Date().toISOString();
		store({ name, id: request.id, createdAt: now, lastUsedAt: now, useCount: 0 });
	};
	/** Makes others wait for the folder. */
	const lockFree = async (name: string, signal: AbortSignal): Promise<Disposable> => {
		if (count(name) > 0) throw inUse(name);
		const lock = await making.acquire(name, signal);
		// Those who came since wait for the lock; who came before has the folder.
		if (busy(name)) {
			lock[Symbol.dispose]();
			throw inUse(name);
		}
		return lock;
	};
	/** The first that nobody uses, for a private mount. */
	const choose = ({ id, sharing }: CacheMountRequest): string => {
		const base = nameOf(id);
		if (sharing !== "private") return base;
		for (let number = 0; ; number++) {
			const name = number === 0 ? base : `${base}-${number}`;
			if (count(name) === 0) return name;
		}
	};
	return {
		async open(request, signal) {
			const lock = request.sharing === "locked" ? await locks.acquire(request.id, signal) : undefined;
			const name = choose(request);
			users.set(name, count(name) + 1);
			let hasFolder = false;
			const letGo = () => {
				users.set(name, count(name) - 1);
				if (hasFolder) opened.set(name, opened.get(name)! - 1);
				lock?.[Symbol.dispose]();
			};
			try {
				using _making = await making.acquire(name, signal);
				if (!records.has(name)) await make(name, request);
				opened.set(name, (opened.get(name) ?? 0) + 1);
				hasFolder = true;
			} catch (error) {
				letGo();
				throw error;
			}
			const record = records.get(name)!;
			store({ ...record, lastUsedAt: new Date().toISOString(), useCount: record.useCount + 1 });
			return { folder: folderOf(name), [Symbol.asyncDispose]: async () => letGo() };
		},
		all: () => [...records.values()].map((record) => ({ ...record, isInUse: count(record.name) > 0 })),
		sizes: (names) => diskBytes(names.map(folderOf)),
		get(reference) {
			const record = records.get(nameOf(reference)) ?? records.get(reference);
			if (record === undefined) throw new EngineError("not_found", `no such cache mount: ${reference}`);
			return { ...record, isInUse: count(record.name) > 0 };
		},
		async holdStill(name, signal) {
			const lock = await lockFree(name, signal);
			if (records.has(name))
				return { folder: folderOf(name), [Symbol.dispose]: () => lock[Symbol.dispose]() };
			lock[Symbol.dispose]();
			throw new EngineError("not_found", `no such cache mount: ${name}`);
		},
		async replace(id, fill, signal) {
			const name = nameOf(id);
			using _lock = await lockFree(name, signal);
			await place(name, id, fill);
			const now = new Date().toISOString();
			const { createdAt = now, useCount = 0 } = records.get(name) ?? {};
			store({ name, id, createdAt, lastUsedAt: now, useCount });
		},
		async remove(name) {
			if (count(name) > 0 || making.isHeld(name) || !records.has(name)) return false;
			records.delete(name);
			documents.delete(name);
			const going = join(root, `old-${process.pid}-${++fresh}`);
			renameSync(folderOf(name), going);
			await deleteWhole(going, log);
			return true;
		},
	};
}

function nameOf(id: string): string {
	return createHash("sha256").update(id).digest("hex").slice(0, 32);
}

/** By `rm`, as a build can make trees too deep for paths. */
async function deleteWhole(folder: string, log: Logger): Promise<void> {
	const result = await runCommand(["rm", "-rf", "--one-file-system", "--", folder]);
	if (result?.exitCode !== 0) log.warn("a removed cache mount cannot be deleted", { folder });
}
