import type {
	HullVolumeCloneRequest,
	HullVolumeSnapshot,
	HullVolumeSnapshotPruneResponse,
	HullVolumeSnapshotRequest,
} from "../api/index.ts";
import type { ProgressLine } from "./images.ts";
import { callBytes, callEmpty, callJson, callLines } from "./transport/call.ts";
import type { Engine } from "./transport/engine.ts";
import { type Filters, segment } from "./transport/request.ts";

/** Keeps a volume's content; the snapshot is the last line's `aux`. Hull only, as all of these. */
export function volumeSnapshotCreate(
	engine: Engine,
	volume: string,
	request: HullVolumeSnapshotRequest,
): AsyncIterable<ProgressLine> {
	return callLines(engine, { method: "POST", path: at(volume, "snapshots"), body: { json: request } });
}

/** Of one volume, or of all; oldest first. `size` counts what they take. */
export function volumeSnapshotList(
	engine: Engine,
	query: { volume?: string | undefined; size?: boolean } = {},
): Promise<HullVolumeSnapshot[]> {
	const { volume, size } = query;
	const path = volume === undefined ? "/hull/volume-snapshots" : at(volume, "snapshots");
	return callJson(engine, { method: "GET", path, query: { size } });
}

export function volumeSnapshotDelete(engine: Engine, volume: string, snapshot: string): Promise<boolean> {
	return callEmpty(engine, { method: "DELETE", path: at(volume, `snapshots/${segment(snapshot)}`) });
}

export function volumeSnapshotPrune(
	engine: Engine,
	query: { keep?: number; filters?: Filters },
): Promise<HullVolumeSnapshotPruneResponse> {
	return callJson(engine, { method: "POST", path: "/hull/volume-snapshots/prune", query });
}

export function volumeRestore(engine: Engine, volume: string, snapshot: string): AsyncIterable<ProgressLine> {
	const body = { json: { Snapshot: snapshot } };
	return callLines(engine, { method: "POST", path: at(volume, "restore"), body });
}

/** The new volume is the last line's `aux`. */
export function volumeClone(
	engine: Engine,
	volume: string,
	request: HullVolumeCloneRequest,
): AsyncIterable<ProgressLine> {
	return callLines(engine, { method: "POST", path: at(volume, "clone"), body: { json: request } });
}

export function volumeRename(engine: Engine, volume: string, name: string): Promise<boolean> {
	return callEmpty(engine, { method: "POST", path: at(volume, "rename"), body: { json: { Name: name } } });
}

/** A tar of the volume, or of what changed since a snapshot. */
export function volumeExport(
	engine: Engine,
	volume: string,
	query: {
		snapshot?: string | undefined;
		since?: string | undefined;
		compression?: string | undefined;
		noPause?: boolean;
	} = {},
): AsyncIterable<Buffer> {
	return callBytes(engine, { method: "GET", path: at(volume, "export"), query });
}

/** The volume is the last line's `aux`. */
export function volumeImport(
	engine: Engine,
	volume: string,
	archive: AsyncIterable<Uint8Array>,
	query: { onto?: boolean; devices?: boolean; maxBytes?: number | undefined } = {},
): AsyncIterable<ProgressLine> {
	return callLines(engine, { method: "POST", path: at(volume, "import"), query, body: { stream: archive } });
}

function at(volume: string, what: string): string {
	return `/hull/volumes/${segment(volume)}/${what}`;
}
