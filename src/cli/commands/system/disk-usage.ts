import type { ContainerSummary, ImageSummary, Volume } from "../../../api/index.ts";
import { type DiskUsage, systemDataUsage } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { formatList, printList } from "../../format/print-list.ts";
import { decimalSize } from "../../format/units.ts";
import type { View } from "../../format/view.ts";
import { containerView } from "../container/view.ts";
import { imageRows, imageView } from "../image/view.ts";
import { volumeView } from "../volume/view.ts";
import { cacheView } from "./cache-view.ts";

export const command = defineCommand({
	usage: "[OPTIONS]",
	flags: [
		{
			kind: "text",
			name: "format",
			completes: "none",
			help: "table, json, 'table TEMPLATE' or a Go template",
		},
		{ kind: "switch", name: "verbose", short: "v", help: "Show each image, container and volume" },
	],
	arguments: { min: 0, max: 0 },
	async run(context, { flags }) {
		const usage = await systemDataUsage(await context.engine());
		if (flags.verbose) return context.out(await verboseText(usage));
		await printList(context, summaries(usage), {
			view: summaryView,
			columns: ["Type", "TotalCount", "Active", "Size", "Reclaimable"],
			format: flags.format,
		});
	},
});

interface Summary {
	readonly type: string;
	readonly total: number;
	readonly active: number;
	readonly bytes: number;
	readonly reclaimable: number;
	/** Show how much of the whole can be had back. */
	readonly share: boolean;
}

const summaryView: View<Summary> = {
	Type: { header: "TYPE", get: ({ type }) => type },
	TotalCount: { header: "TOTAL", get: ({ total }) => String(total) },
	Active: { header: "ACTIVE", get: ({ active }) => String(active) },
	Size: { header: "SIZE", get: ({ bytes }) => decimalSize(bytes) },
	Reclaimable: {
		header: "RECLAIMABLE",
		get: ({ bytes, reclaimable, share }) =>
			share && bytes > 0
				? `${decimalSize(reclaimable)} (${Math.trunc((reclaimable * 100) / bytes)}%)`
				: decimalSize(reclaimable),
	},
};

function summaries(usage: DiskUsage): Summary[] {
	return [
		images(usage.Images ?? [], usage.LayersSize ?? 0),
		containers(usage.Containers ?? []),
		volumes(usage.Volumes ?? []),
		buildCache(usage.BuildCache ?? []),
	];
}

/** Layers are shared: what is in use is the sum of what used images have for themselves, as docker counts it. */
function images(list: readonly ImageSummary[], layersBytes: number): Summary {
	const used = list.filter(({ Containers = 0 }) => Containers > 0);
	const usedBytes = sum(used, ({ Size = 0, SharedSize = 0 }) => Size - Math.max(0, SharedSize));
	const reclaimable = Math.max(0, layersBytes - usedBytes);
	return {
		type: "Images",
		total: list.length,
		active: used.length,
		bytes: layersBytes,
		reclaimable,
		share: true,
	};
}

const activeStates = ["running", "paused", "restarting"];

function containers(list: readonly ContainerSummary[]): Summary {
	const active = list.filter(({ State = "" }) => activeStates.includes(State));
	const bytes = sum(list, ({ SizeRw = 0 }) => SizeRw);
	const reclaimable = bytes - sum(active, ({ SizeRw = 0 }) => SizeRw);
	return { type: "Containers", total: list.length, active: active.length, bytes, reclaimable, share: true };
}

function volumes(list: readonly Volume[]): Summary {
	const sized = list.filter(({ UsageData }) => (UsageData?.Size ?? -1) >= 0);
	const unused = sized.filter(({ UsageData }) => UsageData?.RefCount === 0);
	const active = list.filter(({ UsageData }) => (UsageData?.RefCount ?? 0) > 0).length;
	const bytes = sum(sized, ({ UsageData }) => UsageData?.Size ?? 0);
	const reclaimable = sum(unused, ({ UsageData }) => UsageData?.Size ?? 0);
	return { type: "Local Volumes", total: list.length, active, bytes, reclaimable, share: true };
}

function buildCache(list: NonNullable<DiskUsage["BuildCache"]>): Summary {
	const own = list.filter(({ Shared }) => !Shared);
	const active = list.filter(({ InUse }) => InUse).length;
	const bytes = sum(own, ({ Size = 0 }) => Size);
	const reclaimable = sum(
		own.filter(({ InUse }) => !InUse),
		({ Size = 0 }) => Size,
	);
	return { type: "Build Cache", total: list.length, active, bytes, reclaimable, share: false };
}

function sum<Item>(items: readonly Item[], bytes: (item: Item) => number): number {
	return items.reduce((total, item) => total + bytes(item), 0);
}

async function verboseText(usage: DiskUsage): Promise<string> {
	const imageTable = await formatList(imageRows(usage.Images ?? [], { digests: false, onlyIds: false }), {
		view: imageView({ noTrunc: false }),
		columns: ["Repository", "Tag", "ID", "CreatedSince", "Size", "SharedSize", "UniqueSize", "Containers"],
		format: undefined,
	});
	const containerTable = await formatList(usage.Containers ?? [], {
		view: containerView({ noTrunc: false }),
		columns: ["ID", "Image", "Command", "LocalVolumes", "Size", "RunningFor", "Status", "Names"],
		format: undefined,
	});
	const volumeTable = await formatList(usage.Volumes ?? [], {
		view: volumeView,
		columns: ["Name", "Links", "Size"],
		format: undefined,
	});
	const cacheTable = await formatList(usage.BuildCache ?? [], {
		view: cacheView,
		columns: ["ID", "CacheType", "Size", "CreatedSince", "LastUsedSince", "UsageCount", "Shared"],
		format: undefined,
	});
	const cacheBytes = buildCache(usage.BuildCache ?? []).bytes;
	return [
		`Images space usage:\n\n${imageTable}`,
		`Containers space usage:\n\n${containerTable}`,
		`Local Volumes space usage:\n\n${volumeTable}`,
		`Build cache usage: ${decimalSize(cacheBytes)}\n\n${cacheTable}`,
	].join("\n");
}
