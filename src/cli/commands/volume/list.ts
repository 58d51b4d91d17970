import type { Volume } from "../../../api/index.ts";
import { volumeList } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { filterFlag, listFormatFlag } from "../../flags/shared.ts";
import { collectFilters } from "../../flags/values.ts";
import { configuredFormat } from "../../format/configured.ts";
import { printList } from "../../format/print-list.ts";
import { volumeView } from "./view.ts";

export const command = defineCommand({
	usage: "[OPTIONS]",
	description: "Filters: dangling, driver, label, name.",
	flags: [filterFlag, listFormatFlag, { kind: "switch", name: "quiet", short: "q", help: "Show names only" }],
	arguments: { min: 0, max: 0 },
	async run(context, { flags }) {
		const { Volumes, Warnings } = await volumeList(await context.engine(), collectFilters(flags.filter));
		for (const warning of Warnings ?? []) context.error(`WARNING: ${warning}\n`);
		const byName = (a: Volume, b: Volume) => ((a.Name ?? "") < (b.Name ?? "") ? -1 : 1);
		await printList(context, [...(Volumes ?? [])].sort(byName), {
			view: volumeView,
			columns: ["Driver", "Name"],
			format:
				flags.format ?? (flags.quiet ? undefined : configuredFormat(context.configFolder, "volumesFormat")),
			only: flags.quiet ? "Name" : undefined,
		});
	},
});
