import { type DiskUsage, type KindUsage, systemDataUsage } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { listFormatFlag } from "../../flags/shared.ts";
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
		listFormatFlag,
		{ kind: "switch", name: "verbose", short: "v", help: "Show each image, container and volume" },
	],
	arguments: { min: 0, max: 0 },
	async run(context, { flags }) {
		const usage = await systemDataUsage(await context.engine(), { verbose: flags.verbose });
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
	readonly usage: Omit<KindUsage<unknown>, "items">;
	/** Show how much of the whole can be had back. */
	readonly share: boolean;
}

const summaryView: View<Summary> = {
	Type: { header: "TYPE", get: ({ type }) => type },
	TotalCount: { header: "TOTAL", get: ({ usage }) => String(usage.total) },
	Active: { header: "ACTIVE", get: ({ usage }) => String(usage.active) },
	Size: { header: "SIZE", get: ({ usage }) => decimalSize(usage.bytes) },
	Reclaimable: { header: "RECLAIMABLE", get: reclaimable },
};

function reclaimable({ usage: { bytes, reclaimableBytes }, share }: Summary): string {
	const size = decimalSize(reclaimableBytes);
	return share && bytes > 0 ? `${size} (${Math.trunc((reclaimableBytes * 100) / bytes)}%)` : size;
}

function summaries(usage: DiskUsage): Summary[] {
	return [
		{ type: "Images", usage: usage.images, share: true },
		{ type: "Containers", usage: usage.containers, share: true },
		{ type: "Local Volumes", usage: usage.volumes, share: true },
		{ type: "Build Cache", usage: usage.buildCache, share: false },
		...usage.others.map((kind) => ({ type: kind.type, usage: kind, share: kind.type !== "Engine" })),
	];
}

async function verboseText(usage: DiskUsage): Promise<string> {
	const imageTable = await formatList(imageRows(usage.images.items, { digests: false, onlyIds: false }), {
		view: imageView({ noTrunc: false }),
		columns: ["Repository", "Tag", "ID", "CreatedSince", "Size", "SharedSize", "UniqueSize", "Containers"],
		format: undefined,
	});
	const containerTable = await formatList(usage.containers.items, {
		view: {
			...containerView({ noTrunc: false }),
			Size: { header: "SIZE", get: ({ SizeRw }) => decimalSize(SizeRw ?? 0, 3) },
		},
		columns: ["ID", "Image", "Command", "LocalVolumes", "Size", "RunningFor", "Status", "Names"],
		format: undefined,
	});
	const volumeTable = await formatList(usage.volumes.items, {
		view: volumeView,
		columns: ["Name", "Links", "Size"],
		format: undefined,
	});
	const cacheTable = await formatList(usage.buildCache.items, {
		view: cacheView,
		columns: ["ID", "CacheType", "Size", "CreatedSince", "LastUsedSince", "UsageCount", "Shared"],
		format: undefined,
	});
	return [
		`Images space usage:\n\n${imageTable}`,
		`Containers space usage:\n\n${containerTable}`,
		`Local Volumes space usage:\n\n${volumeTable}`,
		`Build cache usage: ${decimalSize(usage.buildCache.bytes)}\n\n${cacheTable}`,
		...usage.others.map(({ type, bytes }) => `${type} usage: ${decimalSize(bytes)}\n`),
	].join("\n");
}
