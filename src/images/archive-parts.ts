import { posix } from "node:path";
import { EngineError, readTar, type TarEntry, tarText } from "../lib/index.ts";
import { type Digest, digestFromHex } from "../oci/index.ts";
import type { Lease } from "../store/index.ts";
import type { ImagesContext } from "./context.ts";

/** A member of an image archive: small ones in memory, the others as blobs in the content store. */
type Part =
	| { readonly kind: "bytes"; readonly bytes: Uint8Array }
	| { readonly kind: "blob"; readonly digest: Digest; readonly size: number }
	| { readonly kind: "link"; readonly target: string };

/** The members of an image archive by name. Names only select among what was in the archive. */
export interface ArchiveParts {
	has(name: string): boolean;
	/** A member as bytes. `corrupt` when it is not there, `too_large` when it has more. */
	bytes(name: string, maxBytes: number): Promise<Uint8Array>;
	/** A member as a blob in the content store. `corrupt` when it is not there. */
	blob(name: string): Promise<{ readonly digest: Digest; readonly size: number }>;
}

/** Larger members go to the content store at once. */
const smallBytes = 256 * 1024;
/** Of all small members together; those beyond go to the content store too. */
const maxSmallBytes = 32 * 1024 * 1024;
const maxNameBytes = 4096;
const maxLinks = 16;

interface ReadOptions {
	readonly lease: Lease;
	readonly signal?: AbortSignal | undefined;
	/** A member is being stored. */
	readonly onBytes?: (name: string, current: number, total: number) => void;
}

/** Reads an archive to its end, in one pass and with bounded memory. */
export async function readArchiveParts(
	context: ImagesContext,
	tar: AsyncIterable<Uint8Array>,
	options: ReadOptions,
): Promise<ArchiveParts> {
	const parts = new Map<string, Part>();
	let smallTotal = 0;
	let entries = 0;
	for await (const { entry, content } of readTar(tar)) {
		if (++entries > context.limits.archiveEntries)
			throw new EngineError(
				"too_large",
				`the archive has more than ${context.limits.archiveEntries} entries`,
			);
		const name = partName(entry.name);
		if (entry.type === "symlink" || entry.type === "hardlink") {
			parts.set(name, { kind: "link", target: linkTarget(name, entry) });
			continue;
		}
		if (entry.type !== "file") continue;
		if (entry.extents !== undefined)
			throw new EngineError(
				"not_implemented",
				`archive entry ${name} is a sparse file, which images do not hold`,
			);
		const small = entry.size <= smallBytes && smallTotal + entry.size <= maxSmallBytes;
		if (small) smallTotal += entry.size;
		parts.set(
			name,
			small
				? { kind: "bytes", bytes: await collectBytes(content) }
				: await storeMember(context, { name, size: entry.size, content, options }),
		);
	}
	return partsReader(context, parts, options);
}

async function collectBytes(content: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
	const pieces: Uint8Array[] = [];
	// A copy: a piece is good until the next only.
	for await (const piece of content) pieces.push(Uint8Array.from(piece));
	return Buffer.concat(pieces);
}

interface Member {
	readonly name: string;
	readonly size: number;
	readonly content: AsyncIterable<Uint8Array>;
	readonly options: ReadOptions;
}

async function storeMember(context: ImagesContext, { name, size, content, options }: Member): Promise<Part> {
	const { lease, signal, onBytes } = options;
	const hex = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(name)?.[1];
	const expected = hex === undefined ? { size } : { size, digest: digestFromHex(hex) };
	const written = await context.content.write(content, expected, {
		lease,
		maxBytes: context.limits.blobBytes,
		...(signal === undefined ? {} : { signal }),
		...(onBytes === undefined ? {} : { onProgress: (bytes) => onBytes(name, bytes, size) }),
	});
	return { kind: "blob", ...written };
}

function partName(name: string): string {
	if (name.length > maxNameBytes)
		throw new EngineError("corrupt", `archive entry with a name of ${name.length} bytes`);
	return posix.normalize(tarText(name)).replace(/^\/+|\/+$/g, "");
}

/** Symlinks are relative to their folder, hard links to the archive. */
function linkTarget(name: string, entry: TarEntry): string {
	const target = partName(entry.linkName);
	return entry.type === "hardlink" ? target : posix.join(posix.dirname(name), target);
}

function partsReader(
	context: ImagesContext,
	parts: ReadonlyMap<string, Part>,
	{ lease, signal }: ReadOptions,
): ArchiveParts {
	const resolve = (name: string): Exclude<Part, { kind: "link" }> | undefined => {
		let at = posix.normalize(name);
		for (let links = 0; links <= maxLinks; links++) {
			const part = parts.get(at);
			if (part?.kind !== "link") return part;
			at = part.target;
		}
		return undefined;
	};
	const required = (name: string) => {
		const part = resolve(name);
		if (part === undefined) throw new EngineError("corrupt", `${JSON.stringify(name)} is not in the archive`);
		return part;
	};
	return {
		has: (name) => resolve(name) !== undefined,
		async bytes(name, maxBytes) {
			const part = required(name);
			if (part.kind === "blob") return context.content.read(part.digest, maxBytes);
			if (part.bytes.length <= maxBytes) return part.bytes;
			throw new EngineError(
				"too_large",
				`archive entry ${name} has ${part.bytes.length} bytes, more than ${maxBytes}`,
			);
		},
		async blob(name) {
			const part = required(name);
			if (part.kind === "blob") return part;
			return context.content.put(part.bytes, { lease, ...(signal === undefined ? {} : { signal }) });
		},
	};
}
