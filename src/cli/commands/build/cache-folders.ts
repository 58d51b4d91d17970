import { createHash, type Hash } from "node:crypto";
import {
	closeSync,
	existsSync,
	fsyncSync,
	mkdirSync,
	openSync,
	readFileSync,
	renameSync,
	rmSync,
	writeSync,
} from "node:fs";
import { join } from "node:path";
import type { HullBuildEvent } from "../../../client/index.ts";
import { writeFileAtomic } from "../../../lib/index.ts";
import { CommandFailure } from "../../failure.ts";

/** Folders that `--cache-to type=local` names, as OCI layouts. */
export interface CacheFolders extends Disposable {
	/** Writes what the engine sends for one of them. Errors: CommandFailure. */
	take(event: HullBuildEvent & { readonly kind: "cache" }): void;
}

interface OpenBlob {
	readonly fd: number;
	readonly path: string;
	readonly hash: Hash;
}

/**
 * `targets`: what each `--cache-to` says. A blob gets its name when it is whole and has its digest, and the index
 * changes last: what is in a folder after a kill is the cache of before, and perhaps blobs that nothing names.
 * https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export function cacheFolders(targets: readonly Readonly<Record<string, string>>[]): CacheFolders {
	const open = new Map<string, OpenBlob>();
	return {
		take({ index, digest, data, manifest }) {
			const { dest, tag = "latest" } = targets[index] ?? {};
			const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
			if (!dest || hex === undefined)
				throw new CommandFailure("the engine sent a cache that was not asked for");
			const blobs = join(dest, "blobs", "sha256");
			const key = `${index} ${digest}`;
			const blob = open.get(key) ?? begin(blobs, hex);
			open.set(key, blob);
			if (data !== undefined) {
				const bytes = Buffer.from(data, "base64");
				blob.hash.update(bytes);
				for (let at = 0; at < bytes.length; ) at += writeSync(blob.fd, bytes, at);
				return;
			}
			open.delete(key);
			finish(blob, { target: join(blobs, hex), hex });
			if (manifest !== undefined) nameManifest(dest, { tag, digest, ...manifest });
		},
		[Symbol.dispose]() {
			for (const { fd, path } of open.values()) {
				closeSync(fd);
				rmSync(path, { force: true });
			}
		},
	};
}

function begin(blobs: string, hex: string): OpenBlob {
	mkdirSync(blobs, { recursive: true });
	const path = join(blobs, `.${hex}.${process.pid}`);
	return { fd: openSync(path, "w", 0o644), path, hash: createHash("sha256") };
}

function finish(
	{ fd, path, hash }: OpenBlob,
	{ target, hex }: { readonly target: string; readonly hex: string },
): void {
	fsyncSync(fd);
	closeSync(fd);
	if (hash.digest("hex") === hex) {
		renameSync(path, target);
		return;
	}
	rmSync(path, { force: true });
	throw new CommandFailure(`the engine sent a blob of the cache that is not sha256:${hex}`);
}

const refAnnotation = "org.opencontainers.image.ref.name";

/** Under its tag, in place of what had it. */
function nameManifest(
	folder: string,
	manifest: {
		readonly tag: string;
		readonly digest: string;
		readonly mediaType: string;
		readonly size: number;
	},
): void {
	const { tag, digest, mediaType, size } = manifest;
	const path = join(folder, "index.json");
	const others = entriesOf(path).filter(({ annotations }) => annotations?.[refAnnotation] !== tag);
	const entry = { mediaType, digest, size, annotations: { [refAnnotation]: tag } };
	const index = {
		schemaVersion: 2,
		mediaType: "application/vnd.oci.image.index.v1+json",
		manifests: [...others, entry],
	};
	writeFileAtomic(join(folder, "oci-layout"), `${JSON.stringify({ imageLayoutVersion: "1.0.0" })}\n`);
	writeFileAtomic(path, JSON.stringify(index));
}

interface IndexEntry {
	readonly annotations?: Readonly<Record<string, string>>;
}

/** Of an index that cannot be read nothing is kept. */
function entriesOf(path: string): IndexEntry[] {
	if (!existsSync(path)) return [];
	try {
		const { manifests } = JSON.parse(readFileSync(path, "utf8")) as { manifests?: unknown };
		return Array.isArray(manifests) ? (manifests as IndexEntry[]) : [];
	} catch {
		return [];
	}
}
