import { containerWait } from "../../../client/index.ts";
import { CommandFailure } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";
import { forEach } from "../each.ts";

export const command = defineCommand({
	usage: "CONTAINER [CONTAINER...]",
	flags: [],
	arguments: { min: 1 },
	completes: ["container"],
	async run(context, { arguments: names }) {
		const engine = await context.engine();
		return forEach(context, names, async (name) => {
			const ended = await containerWait(engine, name);
			const { StatusCode, Error: failure } = await ended();
			if (failure?.Message) throw new CommandFailure(failure.Message);
			return String(StatusCode ?? 0);
		});
	},
});
