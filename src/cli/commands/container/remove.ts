import { containerDelete } from "../../../client/index.ts";
import { errorText } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";
import { forEach } from "../each.ts";

export const command = defineCommand({
	usage: "[OPTIONS] CONTAINER [CONTAINER...]",
	flags: [
		{
			kind: "switch",
			name: "force",
			short: "f",
			help: "Kill it first if it runs; no error if it is not there",
		},
		{ kind: "switch", name: "link", short: "l", help: "Remove the link instead of the container" },
		{ kind: "switch", name: "volumes", short: "v", help: "Remove its anonymous volumes with it" },
	],
	arguments: { min: 1 },
	completes: ["container"],
	async run(context, { flags, arguments: names }) {
		const engine = await context.engine();
		const query = { force: flags.force, v: flags.volumes, link: flags.link };
		return forEach(context, names, async (name) => {
			try {
				await containerDelete(engine, name.replace(/^\//, ""), query);
				return name;
			} catch (error) {
				if (!flags.force || (error as { status?: unknown }).status !== 404) throw error;
				context.error(`${errorText(error)}\n`);
				return "";
			}
		});
	},
});
