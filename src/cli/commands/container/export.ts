import { containerExport } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { assertSavable, saveStream } from "../../streams/save-stream.ts";

export const command = defineCommand({
	usage: "[OPTIONS] CONTAINER",
	flags: [
		{
			kind: "text",
			name: "output",
			short: "o",
			completes: "file",
			help: "Write this file instead of stdout",
		},
	],
	arguments: { min: 1, max: 1 },
	completes: ["container"],
	async run(context, { flags, arguments: [container] }) {
		await assertSavable(flags.output);
		const tar = containerExport(await context.engine(), container!);
		await saveStream(tar, { path: flags.output, what: `container ${container}` });
	},
});
