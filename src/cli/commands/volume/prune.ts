import { volumePrune } from "../../../client/index.ts";
import { CommandFailure } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";
import { doNotAskFlag, pruneFilterFlag } from "../../flags/shared.ts";
import { collectFilters } from "../../flags/values.ts";
import { decimalSize } from "../../format/units.ts";
import { confirm } from "../prune-question.ts";

export const command = defineCommand({
	usage: "[OPTIONS]",
	description: "Removes anonymous volumes that no container uses; with -a, named ones too. Filters: label.",
	flags: [
		{ kind: "switch", name: "all", short: "a", help: "Remove named volumes too" },
		pruneFilterFlag,
		doNotAskFlag,
	],
	arguments: { min: 0, max: 0 },
	async run(context, { flags }) {
		const filters: Record<string, readonly string[]> = collectFilters(flags.filter);
		if (flags.all) {
			if (filters["all"] !== undefined)
				throw new CommandFailure("conflicting options: cannot specify both --all and --filter all=1");
			filters["all"] = ["true"];
		}
		const warning = flags.all
			? "This will remove all local volumes not used by at least one container."
			: "This will remove anonymous local volumes not used by at least one container.";
		await confirm(context, { warning, force: flags.force });
		const pruned = await volumePrune(await context.engine(), filters);
		const names = pruned.VolumesDeleted ?? [];
		if (names.length > 0) context.out(`Deleted Volumes:\n${names.join("\n")}\n\n`);
		context.out(`Total reclaimed space: ${decimalSize(pruned.SpaceReclaimed ?? 0)}\n`);
	},
});
