import { join } from "node:path";
import { EngineError } from "../../lib/index.ts";
import type { Documents, Metadata } from "../../store/index.ts";
import type { VolumeSnapshot } from "./contract.ts";

/** Below the root of the volumes. */
export const SNAPSHOTS = ".snapshots";

export type SnapshotDocuments = Documents<VolumeSnapshot>;

export function snapshotDocuments(metadata: Metadata): SnapshotDocuments {
	return metadata.documents("volume_snapshots", parseSnapshot);
}

/** Oldest first. */
export function snapshotsOf(documents: SnapshotDocuments, volume?: string): VolumeSnapshot[] {
	return documents
		.entries()
		.map(({ value }) => value)
		.filter((snapshot) => volume === undefined || snapshot.volume === volume)
		.sort((one, other) => (one.createdAt < other.createdAt ? -1 : 1));
}

export function snapshotFolder(id: string): string {
	return join(SNAPSHOTS, id);
}

const minPrefix = 4;

/** By name, id or the beginning of an id. Errors: `not_found`, `invalid_argument` for a beginning of several. */
export function findSnapshot(
	documents: SnapshotDocuments,
	volume: string,
	reference: string,
): VolumeSnapshot {
	const snapshots = snapshotsOf(documents, volume);
	const exact = snapshots.find(({ name, id }) => name === reference || id === reference);
	if (exact !== undefined) return exact;
	const begun = reference.length < minPrefix ? [] : snapshots.filter(({ id }) => id.startsWith(reference));
	if (begun.length === 1) return begun[0]!;
	if (begun.length > 1)
		throw new EngineError("invalid_argument", `volume ${volume}: several snapshots begin with ${reference}`);
	throw new EngineError("not_found", `volume ${volume}: no such snapshot: ${reference}`);
}

function parseSnapshot(value: unknown): VolumeSnapshot {
	const snapshot = value as VolumeSnapshot;
	const sound =
		typeof value === "object" &&
		value !== null &&
		/^[0-9a-f]{64}$/.test(snapshot.id) &&
		typeof snapshot.name === "string" &&
		typeof snapshot.volume === "string" &&
		typeof snapshot.createdAt === "string" &&
		typeof snapshot.shared === "boolean" &&
		typeof snapshot.labels === "object" &&
		snapshot.labels !== null;
	if (!sound) throw new Error("not a snapshot's record");
	return snapshot;
}
