import { readdirSync } from "node:fs";
import type { ChangeSource } from "../../archive/index.ts";
import { type Digest, digestOf } from "../../oci/index.ts";
import type { Lease, SnapshotDriver } from "../../store/index.ts";
import type { StepContext } from "./context.ts";
import { withLatestTime } from "./latest-time.ts";
import type { StepResult } from "./result.ts";

/** The diffId of a tar without entries: no layer is made of it. */
export const emptyLayer: Digest = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";

export interface Sealing {
	/** Of the writable snapshot. */
	readonly key: string;
	/** What the layer is to stand on: what the snapshot stands on, or with `--link` anything. */
	readonly base: StepResult;
	readonly isLinked: boolean;
	/** Files that were made to mount something on. */
	readonly mountPoints: readonly string[];
	readonly lease: Lease;
	readonly signal: AbortSignal;
}

/**
 * Makes a layer of what a step changed: its blob, and the layer snapshot, where possible without copying. A step that
 * changed nothing adds none. The snapshot is gone afterwards.
 *
 * Crash windows: a blob, or a layer, that no record of the cache holds is collected at the next start.
 */
export async function seal(context: StepContext, sealing: Sealing): Promise<StepResult> {
	const { snapshots, content, archive, images } = context;
	const { key, base, lease, signal } = sealing;
	const changesDirectory = snapshots.changesDirectory(key);
	if (changesDirectory !== undefined && readdirSync(changesDirectory).length === 0) {
		await snapshots.remove(key);
		return { ...base, layer: undefined };
	}
	const packed = archive.packChanges(changesOf(snapshots, sealing, changesDirectory), signal);
	const tar = context.latestTime === undefined ? packed : withLatestTime(packed, context.latestTime);
	const [blob, usage] = await Promise.all([content.write(tar, {}, { lease, signal }), snapshots.usage(key)]);
	if (blob.digest === emptyLayer) {
		await snapshots.remove(key);
		return { ...base, layer: undefined };
	}
	const layer = { diffId: blob.digest, digest: blob.digest, size: blob.size };
	const chainId = base.chainId === undefined ? layer.diffId : digestOf(`${base.chainId} ${layer.diffId}`);
	const layers = [...base.layers, layer];
	lease.hold(chainId);
	context.accounts.inherit(sealing.isLinked ? undefined : base.chainId, chainId, changesDirectory);
	// What was written into the archive differently than it stands in the folder is unpacked from the archive.
	const adopted =
		context.latestTime === undefined &&
		(await snapshots.adopt(key, { chainId, parent: base.chainId, usage }));
	if (!adopted) {
		await snapshots.remove(key);
		await images.unpack(layers, { lease, signal });
	}
	return { layers, chainId, layer: { ...layer, chainId, unpackedBytes: usage.bytes } };
}

function changesOf(
	snapshots: SnapshotDriver,
	{ key, base, isLinked, mountPoints }: Sealing,
	changesDirectory: string | undefined,
): ChangeSource {
	const below = isLinked ? undefined : base.chainId;
	const parent =
		below === undefined ? undefined : ({ kind: "mounts", mounts: snapshots.layerMounts(below) } as const);
	if (changesDirectory !== undefined) return { changesDirectory, parent, mountPoints };
	const mounts = snapshots.mounts(key, { readOnly: true });
	return { tree: { kind: "mounts", mounts }, parent, mountPoints };
}
