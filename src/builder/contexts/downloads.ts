import { createHash } from "node:crypto";
import {
	createReadStream,
	linkSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	utimesSync,
} from "node:fs";
import { copyFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { KeyedLock, writeFileAtomic } from "../../lib/index.ts";
import { type FetchedFile, fetchFile, type Validators } from "./fetch-file.ts";

/** Files of addresses, kept so that a server can say that they have not changed instead of sending them again. */
export interface Downloads {
	/** As `fetchFile`; the file at `path` is the caller's, who does not write to it. */
	fetch(
		address: string,
		path: string,
		options: { readonly maxBytes: number; readonly signal: AbortSignal },
	): Promise<FetchedFile>;
}

interface KeptFile extends Omit<FetchedFile, "modified"> {
	/** Milliseconds since 1970. */
	readonly modifiedMs: number | undefined;
	readonly validators: Validators;
}

/** Of one file, and of all: what was used longest ago goes. */
const maxFileBytes = 256 * 1024 * 1024;
const maxBytes = 1024 * 1024 * 1024;

/**
 * `folder` has for each address a file and beside it what is known of it, written last; what a kill leaves is a file
 * that nothing is known of, which is replaced or goes with the others. What is kept is held against its digest before
 * it is used, and answers of a server with neither a mark nor a date to ask by are not kept.
 */
export function openDownloads(folder: string): Downloads {
	const locks = new KeyedLock();
	const keep = async (
		name: string,
		path: string,
		{ file, validators }: { readonly file: FetchedFile; readonly validators: Validators },
	) => {
		try {
			mkdirSync(folder, { recursive: true, mode: 0o700 });
			await shareFile(path, name);
			const { modified, ...rest } = file;
			const known: KeptFile = { ...rest, modifiedMs: modified?.getTime(), validators };
			writeFileAtomic(`${name}.json`, JSON.stringify(known), 0o600);
			removeOld(folder);
		} catch {
			// It is fetched again the next time.
			rmSync(`${name}.json`, { force: true });
		}
	};
	return {
		async fetch(address, path, options) {
			// Who asks for the same has it from here then, and nobody replaces what is being taken.
			using _lock = await locks.acquire(address, options.signal);
			const name = join(folder, createHash("sha256").update(address).digest("hex"));
			const kept = await readKept(name);
			const fetched = await fetchFile(address, path, {
				...options,
				...(kept === undefined || kept.sizeBytes > options.maxBytes ? {} : { known: kept.validators }),
			});
			if (fetched === "unchanged") {
				await shareFile(name, path);
				const now = new Date();
				utimesSync(name, now, now);
				const { modifiedMs, validators: _, ...file } = kept!;
				return { ...file, modified: modifiedMs === undefined ? undefined : new Date(modifiedMs) };
			}
			const { validators, ...file } = fetched;
			rmSync(`${name}.json`, { force: true });
			if (validators !== undefined && file.sizeBytes <= maxFileBytes && !hasPassword(address))
				await keep(name, path, { file, validators });
			return file;
		},
	};
}

async function readKept(name: string): Promise<KeptFile | undefined> {
	try {
		const kept = JSON.parse(readFileSync(`${name}.json`, "utf8")) as KeptFile;
		const hash = createHash("sha256");
		let sizeBytes = 0;
		for await (const chunk of createReadStream(name, { highWaterMark: 1024 * 1024 })) {
			hash.update(chunk as Uint8Array);
			sizeBytes += (chunk as Uint8Array).length;
		}
		return hash.digest("hex") === kept.digest && sizeBytes === kept.sizeBytes ? kept : undefined;
	} catch {
		return undefined;
	}
}

/** Under two names where the file system can: nobody writes to it. */
async function shareFile(from: string, to: string): Promise<void> {
	await rm(to, { force: true });
	try {
		linkSync(from, to);
	} catch {
		await copyFile(from, to);
	}
}

function hasPassword(address: string): boolean {
	const { username, password, search } = new URL(address);
	// What stands behind a question mark may be a signature: such an address does not come again.
	return username !== "" || password !== "" || /token|signature|credential/i.test(search);
}

function removeOld(folder: string): void {
	const files = readdirSync(folder)
		.filter((name) => !name.endsWith(".json"))
		.map((name) => ({ path: join(folder, name), stat: statSync(join(folder, name)) }))
		.sort((one, other) => other.stat.mtimeMs - one.stat.mtimeMs);
	let bytes = 0;
	for (const { path, stat } of files) {
		bytes += stat.size;
		if (bytes <= maxBytes) continue;
		rmSync(`${path}.json`, { force: true });
		rmSync(path, { force: true });
	}
}
