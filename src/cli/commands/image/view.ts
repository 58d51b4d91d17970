import type { ImageSummary } from "../../../api/index.ts";
import { splitReference } from "../../format/image-name.ts";
import { localTime, timeAgo } from "../../format/times.ts";
import { decimalSize } from "../../format/units.ts";
import type { View } from "../../format/view.ts";
import { formatLabels, shortDigest } from "../container/view.ts";

/** One name of an image: an image with two tags has two rows. */
export interface ImageRow {
	readonly image: ImageSummary;
	readonly repository: string;
	readonly tag: string;
	readonly digest: string;
}

const none = "<none>";

/** With `onlyIds`, one row an image: ids are not repeated. */
export function imageRows(
	images: readonly ImageSummary[],
	{ digests, onlyIds }: { digests: boolean; onlyIds: boolean },
): ImageRow[] {
	if (onlyIds) return images.map((image) => ({ image, repository: none, tag: none, digest: none }));
	return images.flatMap((image) => rowsOf(image, digests));
}

function rowsOf(image: ImageSummary, digests: boolean): ImageRow[] {
	const tags = (image.RepoTags ?? []).filter((name) => !name.startsWith(none));
	const repoDigests = (image.RepoDigests ?? []).filter((name) => !name.startsWith(none)).map(splitReference);
	const tagRows = tags.flatMap((name) => {
		const { repository, tag = none } = splitReference(name);
		const matching = repoDigests.filter((one) => one.repository === repository);
		if (!digests || matching.length === 0) return [{ image, repository, tag, digest: none }];
		return matching.map(({ digest = none }) => ({ image, repository, tag, digest }));
	});
	if (tagRows.length > 0) return tagRows;
	if (repoDigests.length === 0) return [{ image, repository: none, tag: none, digest: none }];
	return repoDigests.map(({ repository, digest = none }) => ({ image, repository, tag: none, digest }));
}

/** What `images --format` can name; names and headers are docker's. */
export function imageView({ noTrunc }: { noTrunc: boolean }): View<ImageRow> {
	return {
		Containers: { header: "CONTAINERS", get: ({ image }) => countOf(image.Containers) },
		CreatedAt: { header: "CREATED AT", get: ({ image }) => localTime(image.Created ?? 0) },
		CreatedSince: { header: "CREATED", get: ({ image }) => timeAgo(image.Created) || "N/A" },
		Digest: { header: "DIGEST", get: ({ digest }) => digest },
		ID: { header: "IMAGE ID", get: ({ image: { Id = "" } }) => (noTrunc ? Id : shortDigest(Id)) },
		Label: {
			header: "",
			method: true,
			get:
				({ image }) =>
				(key: unknown) =>
					image.Labels?.[String(key)] ?? "",
		},
		Labels: { header: "LABELS", get: ({ image }) => formatLabels(image.Labels) },
		Repository: { header: "REPOSITORY", get: ({ repository }) => repository },
		SharedSize: { header: "SHARED SIZE", get: ({ image }) => sizeOf(image.SharedSize) },
		Size: { header: "SIZE", get: ({ image }) => decimalSize(image.Size ?? 0, 3) },
		Tag: { header: "TAG", get: ({ tag }) => tag },
		UniqueSize: {
			header: "UNIQUE SIZE",
			get: ({ image }) =>
				image.SharedSize === undefined || image.SharedSize < 0
					? "N/A"
					: decimalSize((image.Size ?? 0) - image.SharedSize),
		},
		VirtualSize: { header: "SIZE", get: ({ image }) => decimalSize(image.Size ?? 0) },
	};
}

/** The engine says -1 for what it did not count. */
function countOf(count: number | undefined): string {
	return count === undefined || count < 0 ? "N/A" : String(count);
}

function sizeOf(bytes: number | undefined): string {
	return bytes === undefined || bytes < 0 ? "N/A" : decimalSize(bytes, 3);
}
