import type { BuildRecord } from "../contract.ts";

export interface HistoryLimits {
	readonly maxBuilds: number;
	readonly maxAgeMs: number;
	/** Of what builds told, on the disk. */
	readonly maxBytes: number;
}

export const historyLimits: HistoryLimits = {
	maxBuilds: 100,
	maxAgeMs: 90 * 24 * 3600 * 1000,
	maxBytes: 64 * 1024 * 1024,
};

/** Which builds are forgotten, the oldest first. One that runs or is pinned never is. Pure. */
export function planForget(
	builds: readonly { readonly record: BuildRecord; readonly bytes: number }[],
	{ maxBuilds, maxAgeMs, maxBytes }: HistoryLimits,
	now: number,
): readonly string[] {
	const forgettable = builds
		.filter(({ record }) => record.state !== "running" && record.isPinned !== true)
		.sort((one, other) => Date.parse(one.record.startedAt) - Date.parse(other.record.startedAt));
	let count = builds.length;
	let bytes = builds.reduce((sum, build) => sum + build.bytes, 0);
	const gone: string[] = [];
	for (const { record, bytes: own } of forgettable) {
		const isOld = now - Date.parse(record.endedAt ?? record.startedAt) > maxAgeMs;
		if (!isOld && count <= maxBuilds && bytes <= maxBytes) break;
		gone.push(record.id);
		count--;
		bytes -= own;
	}
	return gone;
}
