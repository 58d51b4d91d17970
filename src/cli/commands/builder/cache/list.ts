import { buildMountList, type HullBuildMount } from "../../../../client/index.ts";
import { defineCommand } from "../../../flags/command.ts";
import { listFormatFlag } from "../../../flags/shared.ts";
import { printList } from "../../../format/print-list.ts";
import { timeAgo } from "../../../format/times.ts";
import { decimalSize } from "../../../format/units.ts";
import type { View } from "../../../format/view.ts";

export const command = defineCommand({
	usage: "[OPTIONS]",
	flags: [listFormatFlag, { kind: "switch", name: "quiet", short: "q", help: "Show ids only" }],
	arguments: { min: 0, max: 0 },
	async run(context, { flags }) {
		await printList(context, await buildMountList(await context.engine()), {
			view,
			columns: ["ID", "Size", "CreatedSince", "LastUsedSince", "UsageCount", "InUse"],
			format: flags.format,
			only: flags.quiet ? "ID" : undefined,
		});
	},
});

const view: View<HullBuildMount> = {
	ID: { header: "ID", get: ({ Id }) => Id },
	Name: { header: "CACHE ID", get: ({ Name }) => Name },
	Size: { header: "SIZE", get: ({ Size }) => decimalSize(Size) },
	CreatedSince: { header: "CREATED", get: ({ CreatedAt }) => timeAgo(Date.parse(CreatedAt) / 1000) },
	LastUsedSince: { header: "LAST USED", get: ({ LastUsedAt }) => timeAgo(Date.parse(LastUsedAt) / 1000) },
	UsageCount: { header: "USAGE", get: ({ UsageCount }) => String(UsageCount) },
	InUse: { header: "IN USE", get: ({ InUse }) => String(InUse) },
};
