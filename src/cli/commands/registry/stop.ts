import { registryStop } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { forEach } from "../each.ts";

export const command = defineCommand({
	usage: "ADDRESS [ADDRESS...]",
	flags: [],
	arguments: { min: 1 },
	async run(context, { arguments: addresses }) {
		const engine = await context.engine();
		return forEach(context, addresses, async (address) => {
			await registryStop(engine, address);
			return address;
		});
	},
});
