import { volumeSnapshotPrune } from "../../../../client/index.ts";
import { defineCommand } from "../../../flags/command.ts";
import { doNotAskFlag, pruneFilterFlag } from "../../../flags/shared.ts";
import { collectFilters, parseInteger } from "../../../flags/values.ts";
import { decimalSize } from "../../../format/units.ts";
import { confirm } from "../../prune-question.ts";

export const command = defineCommand({
	usage: "[OPTIONS] [VOLUME]",
	description: "Filters: label, until (a time, or how long ago).",
	examples: [["volume snapshot prune --keep 7 db", "Keep the seven newest snapshots of db"]],
	flags: [
		pruneFilterFlag,
		doNotAskFlag,
		{
			kind: "text",
			name: "keep",
			word: "int",
			parse: parseInteger,
			default: "0",
			completes: "none",
			help: "Keep the newest of each volume",
		},
	],
	arguments: { min: 0, max: 1 },
	completes: ["volume"],
	async run(context, { flags, arguments: [volume] }) {
		const keep = flags.keep ?? 0;
		const whose = volume === undefined ? "all volumes" : `volume ${volume}`;
		const but = keep > 0 ? `, but for the newest ${keep} of each,` : "";
		const warning = `This will remove the snapshots of ${whose}${but} that match.`;
		await confirm(context, { warning, force: flags.force });
		const filters = collectFilters(flags.filter);
		const pruned = await volumeSnapshotPrune(await context.engine(), {
			keep,
			filters: volume === undefined ? filters : { ...filters, volume: [volume] },
		});
		const lines = pruned.Snapshots.map(({ Volume, Name }) => `${Volume}: ${Name}\n`);
		if (lines.length > 0) context.out(`Deleted Snapshots:\n${lines.join("")}\n`);
		context.out(`Total reclaimed space: ${decimalSize(pruned.SpaceReclaimed)}\n`);
	},
});
