import { constants, createReadStream, fstatSync, openSync, readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { CacheStore } from "../../../builder/index.ts";
import { EngineError, errnoOf, translateSystemError } from "../../../lib/index.ts";
import {
	type Descriptor,
	digestHex,
	isDigest,
	maxManifestBytes,
	parseManifestDocument,
} from "../../../oci/index.ts";
import { closeFd } from "../../../sys/index.ts";
import type { ExportOutput } from "./export-output.ts";

export interface CacheFolderOptions {
	/** An OCI layout, on the engine's machine. */
	readonly folder: string;
	/** Default: `latest`. */
	readonly tag?: string;
	readonly digest?: string;
	/** Where what is to be written goes; the engine itself never writes to the folder. */
	readonly output?: ExportOutput & { readonly index: number };
}

const refAnnotation = "org.opencontainers.image.ref.name";
const chunkBytes = 256 * 1024;

/**
 * A cache in a folder of the engine's machine. It is read where it is; what is added is sent to who asked, who writes
 * it as who they are. Errors: `invalid_argument`, `corrupt`.
 */
export function cacheFolder({ folder, tag = "latest", digest, output }: CacheFolderOptions): CacheStore {
	if (!isAbsolute(folder))
		throw new EngineError(
			"invalid_argument",
			`cache folder ${JSON.stringify(folder)}: expected an absolute path`,
		);
	const pathOf = (of: Descriptor["digest"]) => join(folder, "blobs", "sha256", digestHex(of));
	const send = async (blob: Descriptor, content: AsyncIterable<Uint8Array>) => {
		if (output === undefined) throw new Error("a cache that is read is written to");
		const { index, push, drained } = output;
		for await (const chunk of content)
			for (let at = 0; at < chunk.length; at += chunkBytes) {
				const piece = Buffer.from(chunk.subarray(at, at + chunkBytes));
				push({ kind: "cache", index, digest: blob.digest, data: piece.toString("base64") });
				await drained();
			}
	};
	return {
		async manifest() {
			const wanted = digest ?? findTag(folder, tag);
			if (wanted === undefined) return undefined;
			if (!isDigest(wanted))
				throw new EngineError("invalid_argument", `cache digest ${wanted.slice(0, 100)}`);
			return { bytes: readSmall(pathOf(wanted)), mediaType: undefined };
		},
		has: async (blob) => sizeOf(pathOf(blob.digest)) === blob.size,
		read: (blob) => readFile(pathOf(blob.digest)),
		async write(blob, read) {
			await send(blob, read({ start: 0, end: blob.size }));
			output!.push({ kind: "cache", index: output!.index, digest: blob.digest });
		},
		async publish({ digest: of, mediaType, size }, bytes) {
			await send({ digest: of, mediaType, size }, onlyOne(bytes));
			output!.push({ kind: "cache", index: output!.index, digest: of, manifest: { mediaType, size } });
			await output!.drained();
		},
	};
}

async function* onlyOne(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
	yield bytes;
}

/** The manifest under a name in the folder's index; of an index with one entry that one. */
function findTag(folder: string, tag: string): string | undefined {
	let bytes: Uint8Array;
	try {
		bytes = readSmall(join(folder, "index.json"));
	} catch (error) {
		if (errnoOf(error) === "ENOENT" || (error as EngineError).code === "not_found") return undefined;
		throw error;
	}
	const document = parseManifestDocument(bytes, "index.json of the cache");
	if (document.kind !== "index") throw new EngineError("corrupt", "index.json of the cache is no index");
	return document.index.manifests.find(({ annotations }) => annotations?.[refAnnotation] === tag)?.digest;
}

/** Regular files alone: a pipe in the folder would hold the build up. */
function openFile(path: string): { readonly fd: number; readonly size: number } {
	let fd: number;
	try {
		fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
	} catch (error) {
		throw translateSystemError(error, path);
	}
	const stat = fstatSync(fd);
	if (stat.isFile()) return { fd, size: stat.size };
	closeFd(fd);
	throw new EngineError("corrupt", `${path} is no file`);
}

function sizeOf(path: string): number | undefined {
	try {
		const { fd, size } = openFile(path);
		closeFd(fd);
		return size;
	} catch {
		return undefined;
	}
}

function readSmall(path: string): Uint8Array {
	const { fd, size } = openFile(path);
	try {
		if (size > maxManifestBytes)
			throw new EngineError("too_large", `${path} is longer than ${maxManifestBytes} bytes`);
		return readFileSync(fd);
	} finally {
		closeFd(fd);
	}
}

async function* readFile(path: string): AsyncGenerator<Uint8Array> {
	const { fd } = openFile(path);
	for await (const chunk of createReadStream("", { fd, highWaterMark: 1024 * 1024 }))
		yield chunk as Uint8Array;
}
