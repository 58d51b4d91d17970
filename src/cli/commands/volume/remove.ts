import { volumeDelete } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { forEach } from "../each.ts";

export const command = defineCommand({
	usage: "[OPTIONS] VOLUME [VOLUME...]",
	description: "A volume that a container uses, running or not, cannot be removed.",
	flags: [{ kind: "switch", name: "force", short: "f", help: "No error if it is not there" }],
	arguments: { min: 1 },
	completes: ["volume"],
	async run(context, { flags, arguments: names }) {
		const engine = await context.engine();
		return forEach(context, names, async (name) => {
			await volumeDelete(engine, name, { force: flags.force });
			return name;
		});
	},
});
