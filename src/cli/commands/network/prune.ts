import { networkPrune } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { doNotAskFlag, pruneFilterFlag } from "../../flags/shared.ts";
import { collectFilters } from "../../flags/values.ts";
import { confirm } from "../prune-question.ts";

export const command = defineCommand({
	usage: "[OPTIONS]",
	description: "Filters: label, until.",
	flags: [pruneFilterFlag, doNotAskFlag],
	arguments: { min: 0, max: 0 },
	async run(context, { flags }) {
		const warning = "This will remove all custom networks not used by at least one container.";
		await confirm(context, { warning, force: flags.force });
		const { NetworksDeleted } = await networkPrune(await context.engine(), collectFilters(flags.filter));
		const names = NetworksDeleted ?? [];
		if (names.length > 0) context.out(`Deleted Networks:\n${names.join("\n")}\n\n`);
	},
});
