import { buildCancel } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { forEach } from "../each.ts";

export const command = defineCommand({
	usage: "BUILD [BUILD...]",
	flags: [],
	arguments: { min: 1 },
	completes: ["none"],
	async run(context, { arguments: ids }) {
		const engine = await context.engine();
		return forEach(context, ids, async (id) => {
			await buildCancel(engine, id);
			return id;
		});
	},
});
