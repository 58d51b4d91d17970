import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Archive, ArchiveRoot, ExtractLimits, TreeEntry } from "../../archive/index.ts";
import type { BuildContext } from "../contract.ts";
import { cloneRepository } from "./clone-repository.ts";
import { fetchFile } from "./fetch-file.ts";
import { parseGitAddress } from "./git-address.ts";
import { scannedContext } from "./scanned.ts";
import { uploadedContext } from "./uploaded.ts";
import { makeWorkFolder, type WorkFolder } from "./work-folder.ts";

export interface ContextsOptions {
	/** The engine's own folder for builds (`<data-root>/builder`). */
	readonly root: string;
	readonly archive: Archive;
	readonly limits?: ExtractLimits;
}

export interface OpenOptions {
	/** Path of the Dockerfile in it: `<Dockerfile>.dockerignore` counts before `.dockerignore`. */
	readonly dockerfile: string;
	readonly signal: AbortSignal;
}

/** Where contexts come from. Each is disposed by who opened it. */
export interface Contexts {
	/** An upload: a tar, compressed or not. Errors: `corrupt`, `too_large`, `invalid_argument`. */
	fromTar(source: AsyncIterable<Uint8Array>, options: OpenOptions): Promise<BuildContext>;
	/** A folder of the daemon's machine; digests of files are kept from one build to the next. */
	fromFolder(path: string, options: OpenOptions): Promise<BuildContext>;
	/**
	 * A repository, or an address whose answer is an archive or else a Dockerfile, which is then all that is in the
	 * context, called `Dockerfile`.
	 */
	fromAddress(
		address: string,
		options: OpenOptions & { readonly keepGitDir?: boolean },
	): Promise<BuildContext>;
	/** A tree that nobody changes: a stage's, an image's. */
	fromTree(root: ArchiveRoot, signal: AbortSignal): Promise<BuildContext>;
	/** Without any file. */
	empty(): Promise<BuildContext>;
	/** Removes what a daemon that died left. */
	recover(): Promise<void>;
}

const defaultLimits: ExtractLimits = { maxBytes: 64 * 1024 ** 3, maxEntries: 4_000_000 };

export function createContexts({ root, archive, limits = defaultLimits }: ContextsOptions): Contexts {
	const parent = join(root, "contexts");
	const memories = join(root, "digests");
	const openTar: Contexts["fromTar"] = (source, { dockerfile, signal }) =>
		inWorkFolder(parent, async (folder) => {
			const path = join(folder.path, "contents");
			const entries = await archive.bundle(path, source, { limits, signal });
			return uploadedContext({ folder, path, entries }, { archive, dockerfile });
		});
	return {
		fromTar: openTar,
		async fromFolder(path, { dockerfile, signal }) {
			await mkdir(memories, { recursive: true, mode: 0o700 });
			const name = createHash("sha256").update(path).digest("hex");
			const from = { kind: "directory", path } as const;
			const memory = join(memories, name);
			return scannedContext({ archive, root: from, owner: "root", dockerfile, memory, signal });
		},
		fromAddress(address, { keepGitDir = false, ...options }) {
			const repository = parseGitAddress(address);
			if (repository === undefined) return fromDownload(address, options);
			return inWorkFolder(parent, async (folder) => {
				const { dockerfile, signal } = options;
				const target = join(folder.path, "repository");
				const path = await cloneRepository(repository, target, { keepGitDir, signal });
				const from = { kind: "directory", path } as const;
				const dispose = () => folder[Symbol.asyncDispose]();
				return scannedContext({ archive, root: from, owner: "root", dockerfile, dispose, signal });
			});
		},
		fromTree: (tree, signal) => scannedContext({ archive, root: tree, owner: "own", signal }),
		empty: () =>
			inWorkFolder(parent, async (folder) =>
				uploadedContext(
					{ folder, path: join(folder.path, "contents"), entries: [] },
					{ archive, dockerfile: "" },
				),
			),
		recover: () => rm(parent, { recursive: true, force: true }),
	};

	function fromDownload(address: string, options: OpenOptions): Promise<BuildContext> {
		return inWorkFolder(parent, async (folder) => {
			const path = join(folder.path, "download");
			const { signal } = options;
			const fetched = await fetchFile(address, path, { maxBytes: limits.maxBytes, signal });
			if (await archive.isArchive(createReadStream(path), signal)) {
				const opened = await openTar(createReadStream(path), options);
				await folder[Symbol.asyncDispose]();
				return opened;
			}
			const { digest, sizeBytes } = fetched;
			const entries = [plain("", "folder"), { ...plain("Dockerfile", "file"), digest, sizeBytes }];
			const pieces = [[0, 0, sizeBytes] as const];
			return uploadedContext(
				{ folder, path, entries: [entries[0]!, { ...entries[1]!, pieces }] },
				{ archive, dockerfile: options.dockerfile },
			);
		});
	}
}

/** Gives the folder to what is made in it, or removes it. */
async function inWorkFolder(
	parent: string,
	make: (folder: WorkFolder) => Promise<BuildContext>,
): Promise<BuildContext> {
	const folder = await makeWorkFolder(parent);
	try {
		return await make(folder);
	} catch (error) {
		await folder[Symbol.asyncDispose]();
		throw error;
	}
}

function plain(path: string, kind: "file" | "folder"): TreeEntry {
	return {
		path,
		kind,
		mode: kind === "file" ? 0o644 : 0o755,
		uid: 0,
		gid: 0,
		sizeBytes: 0,
		modified: { seconds: Math.floor(Date.now() / 1000), nanos: 0 },
		digest: "",
		target: "",
		xattrs: {},
		sameAs: "",
		pieces: [],
	};
}
