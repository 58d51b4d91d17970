import { parseLabel } from "../../../api/syntax.ts";
import { volumeClone } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { drainProgress, showProgress } from "../../format/progress.ts";

export const command = defineCommand({
	usage: "[OPTIONS] VOLUME NEW-VOLUME",
	description: "Containers that run with the volume stand still for as long as it is copied.",
	examples: [["volume clone --snapshot before-upgrade db db-test", "Try something with old data"]],
	flags: [
		{
			kind: "list",
			name: "label",
			parse: parseLabel,
			completes: "none",
			help: "Label (key=value), instead of the volume's own",
		},
		{ kind: "switch", name: "no-pause", help: "Let containers write meanwhile" },
		{ kind: "switch", name: "quiet", short: "q", help: "Show no progress" },
		{
			kind: "text",
			name: "snapshot",
			completes: "volume-snapshot",
			help: "Of this snapshot instead of the volume as it is",
		},
	],
	arguments: { min: 2, max: 2 },
	completes: ["volume", "none"],
	async run(context, { flags, arguments: [volume, name] }) {
		const labels = flags.label.map(({ key, value }) => [key, value]);
		const lines = volumeClone(await context.engine(), volume!, {
			Name: name!,
			...(flags.snapshot === undefined ? {} : { Snapshot: flags.snapshot }),
			...(labels.length === 0 ? {} : { Labels: Object.fromEntries(labels) as Record<string, string> }),
			NoPause: flags["no-pause"],
		});
		await (flags.quiet ? drainProgress(lines) : showProgress(lines, { fd: 2 }));
		context.out(`${name}\n`);
	},
});
