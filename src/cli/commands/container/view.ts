import type { ContainerSummary } from "../../../api/index.ts";
import { ellipsis } from "../../format/text-width.ts";
import { localTime, timeAgo } from "../../format/times.ts";
import { decimalSize } from "../../format/units.ts";
import type { View } from "../../format/view.ts";
import { formatPorts } from "./ports.ts";

/** What `ps --format` can name; names and headers are docker's. */
export function containerView({ noTrunc }: { noTrunc: boolean }): View<ContainerSummary> {
	return {
		Command: {
			header: "COMMAND",
			get: ({ Command = "" }) => JSON.stringify(noTrunc ? Command : ellipsis(Command, 20)),
		},
		CreatedAt: { header: "CREATED AT", get: ({ Created }) => localTime(Created ?? 0) },
		HealthStatus: { header: "HEALTH", get: ({ Health }) => Health?.Status ?? "" },
		ID: { header: "CONTAINER ID", get: ({ Id = "" }) => (noTrunc ? Id : Id.slice(0, 12)) },
		Image: { header: "IMAGE", get: (container) => imageName(container, noTrunc) },
		Label: {
			header: "",
			method: true,
			get:
				({ Labels }) =>
				(key: unknown) =>
					Labels?.[String(key)] ?? "",
		},
		Labels: { header: "LABELS", get: ({ Labels }) => formatLabels(Labels) },
		LocalVolumes: {
			header: "LOCAL VOLUMES",
			get: ({ Mounts = [] }) => String(Mounts.filter(({ Driver }) => Driver === "local").length),
		},
		Mounts: {
			header: "MOUNTS",
			get: ({ Mounts = [] }) => Mounts.map((mount) => mountName(mount, noTrunc)).join(","),
		},
		Names: { header: "NAMES", get: ({ Names }) => containerNames(Names, noTrunc) },
		Networks: {
			header: "NETWORKS",
			get: ({ NetworkSettings }) =>
				Object.keys(NetworkSettings?.Networks ?? {})
					.sort()
					.join(","),
		},
		Platform: {
			header: "PLATFORM",
			get: ({ ImageManifestDescriptor }) => platformName(ImageManifestDescriptor?.platform),
		},
		Ports: { header: "PORTS", get: ({ Ports }) => formatPorts(Ports ?? []) },
		RunningFor: { header: "CREATED", get: ({ Created }) => timeAgo(Created) },
		Size: { header: "SIZE", get: formatSize },
		State: { header: "STATE", get: ({ State }) => State ?? "" },
		Status: { header: "STATUS", get: ({ Status }) => Status ?? "" },
	};
}

function imageName({ Image, ImageID }: ContainerSummary, noTrunc: boolean): string {
	if (Image === undefined || Image === "") return "<no image>";
	if (noTrunc) return Image;
	// An id instead of a name: the image has none any more.
	if (Image === ImageID) return shortDigest(Image);
	const at = Image.indexOf("@");
	return at < 0 ? Image : Image.slice(0, at);
}

/** The first twelve digits of `sha256:…`. */
export function shortDigest(id: string): string {
	return id.replace(/^sha256:/, "").slice(0, 12);
}

/** A container's own name: links show it as `other/alias` too, which only --no-trunc tells. */
function containerNames(names: readonly string[] | undefined, noTrunc: boolean): string {
	const plain = (names ?? []).map((name) => name.replace(/^\//, ""));
	const own = plain.filter((name) => !name.includes("/"));
	return (noTrunc || own.length === 0 ? plain : own).join(",");
}

function mountName(mount: NonNullable<ContainerSummary["Mounts"]>[number], noTrunc: boolean): string {
	const name = mount.Name || mount.Source || "";
	return noTrunc ? name : ellipsis(name, 15);
}

/** `key=value` pairs, sorted. */
export function formatLabels(labels: Readonly<Record<string, string>> | undefined | null): string {
	return Object.entries(labels ?? {})
		.map(([key, value]) => `${key}=${value}`)
		.sort()
		.join(",");
}

function platformName(
	platform: { os?: string; architecture?: string; variant?: string } | undefined,
): string {
	return [platform?.os, platform?.architecture, platform?.variant].filter(Boolean).join("/");
}

function formatSize({ SizeRw, SizeRootFs }: ContainerSummary): string {
	const own = decimalSize(SizeRw ?? 0, 3);
	return SizeRootFs === undefined || SizeRootFs === 0
		? own
		: `${own} (virtual ${decimalSize(SizeRootFs, 3)})`;
}
