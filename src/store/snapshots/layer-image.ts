import { renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { EngineError, failpoint, KeyedLock, syncDirectory } from "../../lib/index.ts";
import { runCommand } from "../../sys/index.ts";
import type { MachineRoot } from "./contract.ts";
import { runImageMaker } from "./run-image-maker.ts";

type LayerImage = MachineRoot["layers"][number];

export const LAYER_IMAGE = "layer.erofs";
/** Always the same name: what a kill left is removed at boot, or replaced by the next attempt. */
export const LAYER_IMAGE_PART = "layer.erofs.part";

/** mkfs.erofs writes holes out as zeros unless it makes chunks of files, which costs a tenth more room. */
const holesWorthChunksBytes = 16 * 1024 * 1024;

/**
 * Layers as images that a virtual machine reads: uncompressed erofs, whiteouts, opaque marks, hard links, owners and
 * xattrs as in the folder. One is made once and stays with its layer; two who want it at once wait for the same.
 */
export interface LayerImages {
	/**
	 * `folder` holds the layer's `fs`. Errors: `no_space`; `unavailable` naming the program that is missing or what it
	 * said.
	 */
	ensure(folder: string): Promise<LayerImage>;
}

export function createLayerImages(): LayerImages {
	const locks = new KeyedLock();
	return {
		async ensure(folder) {
			const path = join(folder, LAYER_IMAGE);
			const present = imageAt(path);
			if (present !== undefined) return present;
			using _lock = await locks.acquire(folder);
			return imageAt(path) ?? (await make(folder, path));
		},
	};
}

function imageAt(path: string): LayerImage | undefined {
	const size = statSync(path, { throwIfNoEntry: false })?.size;
	return size === undefined ? undefined : { path, bytes: size };
}

/** Crash windows: the image has its name only when it is whole and on the disk. */
async function make(folder: string, path: string): Promise<LayerImage> {
	const tree = join(folder, "fs");
	const part = join(folder, LAYER_IMAGE_PART);
	const chunks = (await bytesInHoles(tree)) >= holesWorthChunksBytes ? ["--chunksize=4096"] : [];
	try {
		rmSync(part, { force: true });
		await runImageMaker(["mkfs.erofs", "--quiet", ...chunks, part, tree], { package: "erofs-utils" });
		failpoint("snapshots.layer-image.after-write");
		// By a program: it may take seconds, which the event loop does not have.
		const synced = await runCommand(["sync", part]);
		if (synced?.exitCode !== 0)
			throw new EngineError("unavailable", `sync ${part}: ${synced?.stderr.trim()}`);
		renameSync(part, path);
		syncDirectory(folder);
	} catch (error) {
		rmSync(part, { force: true });
		throw error;
	}
	failpoint("snapshots.layer-image.after-rename");
	return imageAt(path)!;
}

/** What big files of a tree leave out on the disk. */
async function bytesInHoles(tree: string): Promise<number> {
	const result = await runCommand([
		"find",
		tree,
		"-xdev",
		"-type",
		"f",
		"-size",
		"+1M",
		"-printf",
		"%s %b\\n",
	]);
	if (result?.exitCode !== 0)
		throw new EngineError(
			"unavailable",
			`look for holes in ${tree}: ${result?.stderr.trim() ?? "no program find"}`,
		);
	let bytes = 0;
	for (const line of result.stdout.split("\n")) {
		const [size = 0, blocks = 0] = line.split(" ").map(Number);
		bytes += Math.max(0, size - blocks * 512);
	}
	return bytes;
}
