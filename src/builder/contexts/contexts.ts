import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Archive, ArchiveRoot, ExtractLimits } from "../../archive/index.ts";
import { EngineError, removeTree } from "../../lib/index.ts";
import type { BuildContext, ContextOptions, Contexts } from "../contract.ts";
import { cloneRepository, withoutPassword } from "./clone-repository.ts";
import { type Downloads, openDownloads } from "./downloads.ts";
import { type GitAddress, parseGitAddress } from "./git-address.ts";
import { scannedContext } from "./scanned.ts";
import { maxTextBytes, uploadedContext } from "./uploaded.ts";
import { makeWorkFolder, type WorkFolder } from "./work-folder.ts";

export interface ContextsOptions {
	/** The engine's own folder for builds (`<data-root>/builder`). */
	readonly root: string;
	readonly archive: Archive;
	readonly limits?: ExtractLimits;
}

/** Where contexts come from, also those that only builds themselves make. Each is disposed by who opened it. */
export interface BuildContexts extends Contexts {
	/** A folder of the daemon's machine; digests of files are kept from one build to the next. */
	fromFolder(path: string, options: ContextOptions): Promise<BuildContext>;
	/** Of an address that parseGitAddress knows. `.git` is left out unless it is to be kept. */
	fromRepository(
		address: GitAddress,
		options: ContextOptions & { readonly keepGitDir: boolean },
	): Promise<BuildContext>;
	/** A tree that nobody changes: a stage's, an image's. */
	fromTree(root: ArchiveRoot, signal: AbortSignal): Promise<BuildContext>;
	readonly downloads: Downloads;
	/** Removes what a daemon that died left. */
	recover(): Promise<void>;
}

const defaultLimits: ExtractLimits = { maxBytes: 64 * 1024 ** 3, maxEntries: 4_000_000 };

export function createContexts(options: ContextsOptions): BuildContexts {
	const { root, archive, limits = defaultLimits } = options;
	const parent = join(root, "contexts");
	const memories = join(root, "digests");
	const downloads = openDownloads(join(root, "downloads"));
	const contexts: BuildContexts = {
		downloads,
		fromTar: (source, { dockerfile, signal }) =>
			inWorkFolder(parent, async (folder) => {
				const path = join(folder.path, "contents");
				const entries = await archive.bundle(path, source, { limits, signal });
				return uploadedContext({ folder, path, entries }, { archive, dockerfile });
			}),
		async fromFolder(path, { dockerfile, signal }) {
			await mkdir(memories, { recursive: true, mode: 0o700 });
			const memory = join(memories, createHash("sha256").update(path).digest("hex"));
			const from = { kind: "directory", path } as const;
			return scannedContext({ archive, root: from, owner: "root", dockerfile, memory, signal });
		},
		fromRepository: (address, { keepGitDir, dockerfile, signal }) =>
			inWorkFolder(parent, async (folder) => {
				const target = join(folder.path, "repository");
				const { path, commit } = await cloneRepository(address, target, { keepGitDir, signal });
				const from = { kind: "directory", path } as const;
				const dispose = () => folder[Symbol.asyncDispose]();
				const context = await scannedContext({
					...{ archive, root: from, dockerfile, dispose, signal },
					owner: "root",
				});
				return { ...context, origin: originOf(address, commit) };
			}),
		async fromAddress(address, how) {
			const repository = parseGitAddress(address);
			if (repository === undefined) return fromDownload(address, how);
			return { context: await contexts.fromRepository(repository, { ...how, keepGitDir: false }) };
		},
		fromTree: (tree, signal) => scannedContext({ archive, root: tree, owner: "own", signal }),
		empty: () =>
			inWorkFolder(parent, async (folder) =>
				uploadedContext(
					{ folder, path: join(folder.path, "contents"), entries: [] },
					{ archive, dockerfile: "" },
				),
			),
		recover: () => removeTree(parent),
	};
	return contexts;

	async function fromDownload(address: string, how: ContextOptions): ReturnType<Contexts["fromAddress"]> {
		await using folder = await makeWorkFolder(parent);
		const path = join(folder.path, "download");
		const { signal } = how;
		const { sizeBytes, digest } = await downloads.fetch(address, path, { maxBytes: limits.maxBytes, signal });
		const origin = { uri: withoutPassword(address), digest: { sha256: digest } };
		if (await archive.isArchive(createReadStream(path), signal))
			return { context: { ...(await contexts.fromTar(createReadStream(path), how)), origin } };
		if (sizeBytes > maxTextBytes)
			throw new EngineError("too_large", `a Dockerfile of ${sizeBytes} bytes, at most ${maxTextBytes}`);
		return {
			dockerfile: await readFile(path, "utf8"),
			context: { ...(await contexts.empty()), origin },
		};
	}
}

/** As git understands it and with the commit that it came to. */
function originOf({ remote, ref, folder }: GitAddress, commit: string): BuildContext["origin"] {
	const fragment = ref === "" && folder === "" ? "" : `#${ref}${folder === "" ? "" : `:${folder}`}`;
	const digest = { [commit.length === 64 ? "sha256" : "sha1"]: commit };
	return { uri: `${withoutPassword(remote)}${fragment}`, digest };
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
