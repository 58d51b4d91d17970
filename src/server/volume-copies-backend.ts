import type {
	HullVolumeCloneRequest,
	HullVolumeSnapshot,
	HullVolumeSnapshotPruneResponse,
	HullVolumeSnapshotRequest,
} from "../api/index.ts";
import type { Filters } from "./filters.ts";

export interface ProgressOptions {
	/** One line of a progress stream. */
	readonly emit: (line: Readonly<Record<string, unknown>>) => void;
	readonly signal: AbortSignal;
}

/** Snapshots of volumes, and what is made of them. */
export interface VolumeCopiesBackend {
	snapshot(volume: string, request: HullVolumeSnapshotRequest, options: ProgressOptions): Promise<void>;
	listSnapshots(
		volume: string | undefined,
		options: { readonly size: boolean },
	): Promise<HullVolumeSnapshot[]>;
	removeSnapshot(volume: string, snapshot: string): Promise<void>;
	pruneSnapshots(keep: number, filters: Filters): Promise<HullVolumeSnapshotPruneResponse>;
	restore(volume: string, snapshot: string, options: ProgressOptions): Promise<void>;
	clone(volume: string, request: HullVolumeCloneRequest, options: ProgressOptions): Promise<void>;
	rename(volume: string, name: string): Promise<void>;
	export(
		volume: string,
		request: {
			readonly snapshot?: string | undefined;
			readonly since?: string | undefined;
			readonly compression: "none" | "gzip" | "zstd";
			readonly noPause: boolean;
		},
		signal: AbortSignal,
	): Promise<AsyncIterable<Uint8Array>>;
	import(
		volume: string,
		archive: AsyncIterable<Uint8Array>,
		request: {
			readonly onto: boolean;
			readonly devices: boolean;
			readonly maxBytes?: number | undefined;
		},
		options: ProgressOptions,
	): Promise<void>;
}
