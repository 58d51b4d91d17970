import { containerRename } from "../../../client/index.ts";
import { CommandFailure } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";

export const command = defineCommand({
	usage: "CONTAINER NEW_NAME",
	flags: [],
	arguments: { min: 2, max: 2 },
	completes: ["container", "none"],
	async run(context, { arguments: [container, name] }) {
		if (container!.trim() === "" || name!.trim() === "")
			throw new CommandFailure("neither old nor new names may be empty");
		await containerRename(await context.engine(), container!, name!);
	},
});
