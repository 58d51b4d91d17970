import { createHash } from "node:crypto";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { KeyedLock, type Logger, translateSystemError } from "../../lib/index.ts";
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
	/** Nothing when it is in use. True: it is gone. */
	remove(name: string): Promise<boolean>;
}

/**
 * Folders below `<data-root>/builder/mounts`, one for each id; `private` ones have a number behind it. A folder is
 * made whole under a name that is no mount's and renamed; one without a row is removed at boot.
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
	const count = (name: string) => users.get(name) ?? 0;
	const folderOf = (name: string) => join(root, name);
	let fresh = 0;

	mkdirSync(root, { recursive: true, mode: 0o700 });
	for (const name of readdirSync(root)) if (!records.has(name)) void removeTree(folderOf(name), log);
	for (const name of records.keys()) {
		if (existsSync(folderOf(name))) continue;
		records.delete(name);
		documents.delete(name);
	}

	const store = (record: MountRecord) => {
		documents.put(record.name, record);
		records.set(record.name, record);
	};
	const make = async (name: string, request: CacheMountRequest) => {
		const made = join(root, `new-${process.pid}-${++fresh}`);
		try {
			mkdirSync(made, { mode: 0o700 });
			await request.fill?.(made);
			chownSync(made, request.uid, request.gid);
			chmodSync(made, request.mode);
			renameSync(made, folderOf(name));
		} catch (error) {
			rmSync(made, { recursive: true, force: true });
			throw translateSystemError(error, `cache mount ${request.id}`);
		}
		const now = new Date().toISOString();
		store({ name, id: request.id, createdAt: now, lastUsedAt: now, useCount: 0 });
	};
	/** The first that nobody uses, for a private mount. */
	const choose = ({ id, sharing }: CacheMountRequest): string => {
		const base = createHash("sha256").update(id).digest("hex").slice(0, 32);
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
			const letGo = () => {
				users.set(name, count(name) - 1);
				lock?.[Symbol.dispose]();
			};
			try {
				using _making = await making.acquire(name, signal);
				if (!records.has(name)) await make(name, request);
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
		async remove(name) {
			if (count(name) > 0 || !records.has(name)) return false;
			records.delete(name);
			documents.delete(name);
			const going = join(root, `old-${process.pid}-${++fresh}`);
			renameSync(folderOf(name), going);
			await removeTree(going, log);
			return true;
		},
	};
}

/** By `rm`, as a build can make trees too deep for paths. */
async function removeTree(folder: string, log: Logger): Promise<void> {
	const result = await runCommand(["rm", "-rf", "--one-file-system", "--", folder]);
	if (result?.exitCode !== 0) log.warn("a removed cache mount cannot be deleted", { folder });
}
