import type { Volume } from "../../../api/index.ts";
import { decimalSize } from "../../format/units.ts";
import type { View } from "../../format/view.ts";
import { formatLabels } from "../container/view.ts";

/** What `volume ls --format` can name; names and headers are docker's. */
export const volumeView: View<Volume> = {
	Driver: { header: "DRIVER", get: ({ Driver }) => Driver ?? "" },
	Label: {
		header: "",
		method: true,
		get:
			({ Labels }) =>
			(key: unknown) =>
				Labels?.[String(key)] ?? "",
	},
	Labels: { header: "LABELS", get: ({ Labels }) => formatLabels(Labels) },
	Links: {
		header: "LINKS",
		get: ({ UsageData }) =>
			UsageData === undefined || UsageData === null ? "N/A" : String(UsageData.RefCount),
	},
	Mountpoint: { header: "MOUNTPOINT", get: ({ Mountpoint }) => Mountpoint ?? "" },
	Name: { header: "VOLUME NAME", get: ({ Name }) => Name ?? "" },
	Scope: { header: "SCOPE", get: ({ Scope }) => Scope ?? "" },
	Size: {
		header: "SIZE",
		get: ({ UsageData }) =>
			UsageData === undefined || UsageData === null || (UsageData.Size ?? -1) < 0
				? "N/A"
				: decimalSize(UsageData.Size!),
	},
};
