import { volumeRename } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";

export const command = defineCommand({
	usage: "VOLUME NEW-NAME",
	description: "Stopped containers that use the volume go along; running ones have to be stopped first.",
	flags: [],
	arguments: { min: 2, max: 2 },
	completes: ["volume", "none"],
	async run(context, { arguments: [volume, name] }) {
		await volumeRename(await context.engine(), volume!, name!);
	},
});
