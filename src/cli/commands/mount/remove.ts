import { containerMountDelete } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { forEach } from "../each.ts";

export const command = defineCommand({
	usage: "[OPTIONS] CONTAINER TARGET [TARGET...]",
	description:
		"Volumes stay. What is in use stays mounted, unless it is forced: then those that use it go on, and nobody else finds it.",
	flags: [{ kind: "switch", name: "force", short: "f", help: "Also when it is in use" }],
	arguments: { min: 2 },
	completes: ["container", "none"],
	async run(context, { flags, arguments: [container, ...targets] }) {
		const engine = await context.engine();
		return forEach(context, targets, async (target) => {
			await containerMountDelete(engine, container!, { target, force: flags.force });
			return target;
		});
	},
});
