import { imageSave } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { platformJson } from "../../format/platform.ts";
import { assertSavable, saveStream } from "../../streams/save-stream.ts";

export const command = defineCommand({
	usage: "[OPTIONS] IMAGE [IMAGE...]",
	description: "The archive is read by 'load', by docker and by OCI tools.",
	flags: [
		{
			kind: "text",
			name: "output",
			short: "o",
			completes: "file",
			help: "Write this file instead of stdout",
		},
		{
			kind: "text",
			name: "platform",
			completes: "platform",
			help: "Write this platform only (os/arch[/variant])",
		},
	],
	arguments: { min: 1 },
	completes: ["image"],
	async run(context, { flags, arguments: names }) {
		await assertSavable(flags.output);
		const platform = flags.platform === undefined ? undefined : platformJson(flags.platform);
		const tar = imageSave(await context.engine(), names, { platform });
		await saveStream(tar, { path: flags.output, what: "images" });
	},
});
