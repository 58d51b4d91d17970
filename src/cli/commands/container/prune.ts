import { containerPrune } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { doNotAskFlag, pruneFilterFlag } from "../../flags/shared.ts";
import { collectFilters } from "../../flags/values.ts";
import { decimalSize } from "../../format/units.ts";
import { confirm } from "../prune-question.ts";

export const command = defineCommand({
	usage: "[OPTIONS]",
	description: "Filters: until, label.",
	flags: [pruneFilterFlag, doNotAskFlag],
	arguments: { min: 0, max: 0 },
	async run(context, { flags }) {
		await confirm(context, { warning: "This will remove all stopped containers.", force: flags.force });
		const pruned = await containerPrune(await context.engine(), collectFilters(flags.filter));
		const names = pruned.ContainersDeleted ?? [];
		if (names.length > 0) context.out(`Deleted Containers:\n${names.join("\n")}\n\n`);
		context.out(`Total reclaimed space: ${decimalSize(pruned.SpaceReclaimed ?? 0)}\n`);
	},
});
