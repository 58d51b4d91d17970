import type { ImageHistoryResponseItem, ImageInspect, ImageSummary } from "../../api/index.ts";
import type { ImageHistoryEntry, ImageRecord } from "../../images/index.ts";
import { familiarReference, parseReference } from "../../oci/index.ts";
import type { SnapshotDriver } from "../../store/index.ts";
import { graphData } from "./graph-data.ts";

/** An image in a list, in Docker's words. `containers` -1 and `sharedSize` -1: not counted. */
export function imageSummary(
	image: ImageRecord,
	counts: { readonly containers: number; readonly sharedSize: number },
): ImageSummary {
	return {
		Id: image.id,
		ParentId: image.parent ?? "",
		RepoTags: image.tags.map(familiar),
		RepoDigests: image.repoDigests.map(familiar),
		Created: Math.trunc(Date.parse(image.createdAt) / 1000),
		Size: image.sizeBytes,
		SharedSize: counts.sharedSize,
		Labels: image.config.config?.Labels ?? {},
		Containers: counts.containers,
	};
}

export function imageInspect(image: ImageRecord, snapshots: SnapshotDriver): ImageInspect {
	const { config } = image;
	return {
		Id: image.id,
		RepoTags: image.tags.map(familiar),
		RepoDigests: image.repoDigests.map(familiar),
		Comment: config.history?.at(-1)?.comment ?? "",
		Parent: image.parent ?? "",
		Created: image.createdAt,
		Author: config.author ?? "",
		Config: withoutNulls(config.config ?? {}) as ImageInspect["Config"] & {},
		Architecture: config.architecture,
		...(config.variant ? { Variant: config.variant } : {}),
		Os: config.os,
		Size: image.sizeBytes,
		GraphDriver: { Name: snapshots.name, Data: graphData(snapshots, image.chainId) },
		RootFS: { Type: "layers", Layers: config.rootfs.diff_ids },
		Metadata: { LastTagTime: image.lastTaggedAt ?? "0001-01-01T00:00:00Z" },
	};
}

export function historyItem(entry: ImageHistoryEntry): ImageHistoryResponseItem {
	return {
		Id: entry.id,
		Created: Math.trunc(Date.parse(entry.createdAt) / 1000),
		CreatedBy: entry.createdBy,
		Tags: [...entry.tags],
		Size: entry.sizeBytes,
		Comment: entry.comment,
	};
}

/** As people write it: `busybox:latest`. */
export function familiar(canonical: string): string {
	return familiarReference(parseReference(canonical));
}

function withoutNulls(value: object): object {
	return Object.fromEntries(
		Object.entries(value).filter(([, field]) => field !== null && field !== undefined),
	);
}
