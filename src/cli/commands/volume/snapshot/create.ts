import type { HullVolumeSnapshot } from "../../../../api/index.ts";
import { parseLabel } from "../../../../api/syntax.ts";
import { volumeSnapshotCreate } from "../../../../client/index.ts";
import { defineCommand } from "../../../flags/command.ts";
import { drainProgress, showProgress } from "../../../format/progress.ts";

export const command = defineCommand({
	usage: "[OPTIONS] VOLUME",
	description:
		"Containers that run with the volume stand still for as long as it is copied, which is no time where the file system can share blocks (btrfs, xfs). Prints the snapshot's id.",
	examples: [["volume snapshot create --name before-upgrade db", "Keep what the volume db has now"]],
	flags: [
		{ kind: "list", name: "label", parse: parseLabel, completes: "none", help: "Label (key=value)" },
		{ kind: "text", name: "name", completes: "none", help: "Name of the snapshot" },
		{
			kind: "switch",
			name: "no-pause",
			help: "Let containers write meanwhile: what is kept may be of several moments",
		},
		{ kind: "switch", name: "quiet", short: "q", help: "Show no progress" },
	],
	arguments: { min: 1, max: 1 },
	completes: ["volume"],
	async run(context, { flags, arguments: [volume] }) {
		const lines = volumeSnapshotCreate(await context.engine(), volume!, {
			...(flags.name === undefined ? {} : { Name: flags.name }),
			Labels: Object.fromEntries(flags.label.map(({ key, value }) => [key, value])),
			NoPause: flags["no-pause"],
		});
		const aux = await (flags.quiet ? drainProgress(lines) : showProgress(lines, { fd: 2 }));
		context.out(`${(aux.at(-1) as HullVolumeSnapshot).Id}\n`);
	},
});
