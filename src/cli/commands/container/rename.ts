import { containerRename } from "../../../client/index.ts";
import { CommandFailure, errorText } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";

export const command = defineCommand({
	usage: "CONTAINER NEW_NAME",
	flags: [],
	arguments: { min: 2, max: 2 },
	completes: ["container", "none"],
	async run(context, { arguments: [container, name] }) {
		if (container!.trim() === "" || name!.trim() === "")
			throw new CommandFailure("Error: Neither old nor new names may be empty");
		const engine = await context.engine();
		try {
			await containerRename(engine, container!, name!);
		} catch (error) {
			throw new CommandFailure(`${errorText(error)}\nError: failed to rename container named ${container}`, {
				cause: error,
			});
		}
	},
});
