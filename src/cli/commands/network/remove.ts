import { networkDelete } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { forEach } from "../each.ts";

export const command = defineCommand({
	usage: "[OPTIONS] NETWORK [NETWORK...]",
	description: "A network that a running container is on cannot be removed.",
	flags: [{ kind: "switch", name: "force", short: "f", help: "No error if it is not there" }],
	arguments: { min: 1 },
	completes: ["network"],
	async run(context, { flags, arguments: names }) {
		const engine = await context.engine();
		return forEach(context, names, async (name) => {
			try {
				await networkDelete(engine, name);
				return name;
			} catch (error) {
				if (flags.force && (error as { code?: unknown }).code === "not_found") return "";
				throw error;
			}
		});
	},
});
