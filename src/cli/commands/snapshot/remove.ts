import { snapshotDelete } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { forEach } from "../each.ts";

export const command = defineCommand({
	usage: "SNAPSHOT [SNAPSHOT...]",
	flags: [],
	arguments: { min: 1 },
	completes: ["snapshot"],
	async run(context, { arguments: names }) {
		const engine = await context.engine();
		return forEach(context, names, async (name) => {
			await snapshotDelete(engine, name);
			return name;
		});
	},
});
