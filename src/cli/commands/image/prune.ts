import { imagePrune, prunePlan } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { doNotAskFlag, pruneFilterFlag } from "../../flags/shared.ts";
import { collectFilters } from "../../flags/values.ts";
import { decimalSize } from "../../format/units.ts";
import { prunePlanText } from "../prune-plan-text.ts";
import { confirm } from "../prune-question.ts";

export const command = defineCommand({
	usage: "[OPTIONS]",
	description:
		"Removes images that have no name; with -a, all that no container uses. Filters: before, label, reference, since, until.",
	flags: [
		{ kind: "switch", name: "all", short: "a", help: "Remove named images too when no container uses them" },
		{ kind: "switch", name: "dry-run", help: "Show what would be removed, remove nothing" },
		pruneFilterFlag,
		doNotAskFlag,
	],
	arguments: { min: 0, max: 0 },
	async run(context, { flags }) {
		const filters = { ...collectFilters(flags.filter), dangling: [flags.all ? "false" : "true"] };
		if (flags["dry-run"]) {
			const plan = await prunePlan(await context.engine(), { type: ["image"], filters });
			return context.out(prunePlanText(plan));
		}
		const warning = flags.all
			? "This will remove all images without at least one container associated to them."
			: "This will remove all dangling images.";
		await confirm(context, { warning, force: flags.force });
		const pruned = await imagePrune(await context.engine(), filters);
		const lines = (pruned.ImagesDeleted ?? []).map(({ Untagged, Deleted }) =>
			Untagged ? `untagged: ${Untagged}\n` : `deleted: ${Deleted}\n`,
		);
		if (lines.length > 0) context.out(`Deleted Images:\n${lines.join("")}\n`);
		context.out(`Total reclaimed space: ${decimalSize(pruned.SpaceReclaimed ?? 0)}\n`);
	},
});
