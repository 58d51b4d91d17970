import { systemDataUsage } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { listFormatFlag } from "../../flags/shared.ts";
import { printList } from "../../format/print-list.ts";
import { decimalSize } from "../../format/units.ts";
import { cacheView } from "../system/cache-view.ts";

export const command = defineCommand({
	usage: "[OPTIONS]",
	description: "Lists the cached steps, cache mounts and contexts, and how much a prune would free.",
	flags: [
		listFormatFlag,
		{ kind: "switch", name: "verbose", short: "v", help: "Show what each was made by" },
	],
	arguments: { min: 0, max: 0 },
	async run(context, { flags }) {
		const { buildCache } = await systemDataUsage(await context.engine(), { verbose: true });
		const columns = ["ID", "CacheType", "Size", "CreatedSince", "LastUsedSince", "UsageCount", "Shared"];
		await printList(context, buildCache.items, {
			view: {
				...cacheView,
				Description: { header: "DESCRIPTION", get: ({ Description = "" }) => Description },
			},
			columns: flags.verbose ? [...columns, "Description"] : columns,
			format: flags.format,
			noTrunc: flags.verbose,
		});
		if (flags.format !== undefined) return;
		context.out(`\nReclaimable:\t${decimalSize(buildCache.reclaimableBytes)}\n`);
		context.out(`Total:\t\t${decimalSize(buildCache.bytes)}\n`);
	},
});
