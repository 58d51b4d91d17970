import { parseMemoryBytes } from "../../../api/syntax.ts";
import { buildPrune } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { doNotAskFlag, pruneFilterFlag } from "../../flags/shared.ts";
import { collectFilters } from "../../flags/values.ts";
import { decimalSize } from "../../format/units.ts";
import { confirm } from "../prune-question.ts";

export const command = defineCommand({
	usage: "[OPTIONS]",
	description:
		"Removes build cache, what was used longest ago first. Filters: until, id, type, inuse, shared.",
	flags: [
		{ kind: "switch", name: "all", short: "a", help: "Remove what images use too" },
		pruneFilterFlag,
		doNotAskFlag,
		{
			kind: "text",
			name: "keep-storage",
			aliases: ["reserved-space"],
			word: "bytes",
			parse: parseMemoryBytes,
			help: "Leave this much of the cache in any case",
		},
		{
			kind: "text",
			name: "max-used-space",
			word: "bytes",
			parse: parseMemoryBytes,
			help: "Leave no more than this of the cache",
		},
		{
			kind: "text",
			name: "min-free-space",
			word: "bytes",
			parse: parseMemoryBytes,
			help: "Remove until this is free on the disk",
		},
	],
	arguments: { min: 0, max: 0 },
	async run(context, { flags }) {
		const warning = flags.all
			? "This will remove all build cache."
			: "This will remove all build cache that no image uses.";
		await confirm(context, { warning, force: flags.force });
		const { CachesDeleted, SpaceReclaimed } = await buildPrune(await context.engine(), {
			all: flags.all,
			"reserved-space": flags["keep-storage"],
			"max-used-space": flags["max-used-space"],
			"min-free-space": flags["min-free-space"],
			filters: collectFilters(flags.filter),
		});
		const ids = CachesDeleted ?? [];
		if (ids.length > 0) context.out(`Deleted build cache objects:\n${ids.join("\n")}\n\n`);
		context.out(`Total reclaimed space: ${decimalSize(SpaceReclaimed)}\n`);
	},
});
