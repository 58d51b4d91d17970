import { volumeRestore } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { drainProgress, showProgress } from "../../format/progress.ts";

export const command = defineCommand({
	usage: "[OPTIONS] VOLUME SNAPSHOT",
	description:
		"What the volume has now is gone afterwards, so keep it first if it matters. Containers that use the volume must not run.",
	flags: [{ kind: "switch", name: "quiet", short: "q", help: "Show no progress" }],
	arguments: { min: 2, max: 2 },
	completes: ["volume", "volume-snapshot"],
	async run(context, { flags, arguments: [volume, snapshot] }) {
		const lines = volumeRestore(await context.engine(), volume!, snapshot!);
		await (flags.quiet ? drainProgress(lines) : showProgress(lines, { fd: 2 }));
		context.out(`${volume}\n`);
	},
});
