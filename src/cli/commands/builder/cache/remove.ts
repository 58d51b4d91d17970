import { buildMountDelete } from "../../../../client/index.ts";
import { defineCommand } from "../../../flags/command.ts";
import { forEach } from "../../each.ts";

export const command = defineCommand({
	usage: "ID [ID...]",
	description: "A cache mount that a build uses cannot be removed.",
	flags: [],
	arguments: { min: 1 },
	completes: ["none"],
	async run(context, { arguments: ids }) {
		const engine = await context.engine();
		return forEach(context, ids, async (id) => {
			await buildMountDelete(engine, id);
			return id;
		});
	},
});
