import type { HullCollection } from "../../../api/index.ts";
import { imageCollect } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { listFormatFlag } from "../../flags/shared.ts";
import { printList } from "../../format/print-list.ts";
import { timeAgo } from "../../format/times.ts";
import { decimalSize } from "../../format/units.ts";
import type { View } from "../../format/view.ts";

export const command = defineCommand({
	usage: "[OPTIONS]",
	description:
		"Removes images that no container uses: those not used for longer than --max-age, and when the disk is fuller than --high-water those used longest ago, until --low-water is reached. What was used within the last ten minutes stays, unless the engine's configuration (gc, min-age) says otherwise. Limits that are not given are those of the configuration, by which it collects by itself.",
	examples: [
		["hull system gc --dry-run", "What would be collected now"],
		["hull system gc --max-age 720h", "Remove what was not used for a month"],
		["hull system gc --high-water 50g --low-water 40g", "Hold images to 50 GB"],
	],
	flags: [
		{ kind: "switch", name: "dry-run", help: "Show what would go, remove nothing" },
		listFormatFlag,
		{
			kind: "text",
			name: "high-water",
			completes: "none",
			help: "Collect above this: a share of the disk (85%) or a size of all images (50g)",
		},
		{
			kind: "text",
			name: "low-water",
			completes: "none",
			help: "Collect down to this (default nine tenths of --high-water)",
		},
		{
			kind: "text",
			name: "max-age",
			completes: "none",
			help: "Collect what was not used for so long (720h)",
		},
	],
	arguments: { min: 0, max: 0 },
	async run(context, { flags }) {
		const collection = await imageCollect(await context.engine(), {
			"dry-run": flags["dry-run"],
			"max-age": flags["max-age"],
			"high-water": flags["high-water"],
			"low-water": flags["low-water"],
		});
		if (collection.Images.length > 0 || flags.format !== undefined)
			await printList(context, collection.Images, {
				view,
				columns: ["ID", "Names", "LastUsed", "Reason", "Size"],
				format: flags.format,
			});
		if (flags.format === undefined) {
			const size = decimalSize(collection.SpaceReclaimed);
			context.out(`Total ${flags["dry-run"] ? "reclaimable" : "reclaimed"} space: ${size}\n`);
		}
		if (!collection.ReachesLowWater)
			context.error("the lower mark is not reached: what is left is in use, kept or was used just now\n");
	},
});

type Collected = HullCollection["Images"][number];

const view: View<Collected> = {
	ID: { header: "IMAGE ID", get: ({ Id }) => Id.replace("sha256:", "").slice(0, 12) },
	Names: { header: "NAMES", get: ({ Names }) => Names.join(",") || "<none>" },
	LastUsed: { header: "LAST USED", get: ({ LastUsed }) => timeAgo(Date.parse(LastUsed) / 1000) },
	Reason: { header: "REASON", get: ({ Reason }) => Reason },
	Size: { header: "SIZE", get: ({ Size }) => decimalSize(Size) },
};
