import { containerKill } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { forEach } from "../each.ts";

export const command = defineCommand({
	usage: "[OPTIONS] CONTAINER [CONTAINER...]",
	flags: [
		{
			kind: "text",
			name: "signal",
			short: "s",
			completes: "signal",
			help: "Signal to send (default SIGKILL)",
		},
	],
	arguments: { min: 1 },
	completes: ["running-container"],
	async run(context, { flags, arguments: names }) {
		const engine = await context.engine();
		return forEach(context, names, async (name) => {
			await containerKill(engine, name, { signal: flags.signal });
			return name;
		});
	},
});
