import { containerTop } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { formatTable } from "../../format/table.ts";

export const command = defineCommand({
	usage: "CONTAINER [ps OPTIONS]",
	flags: [],
	arguments: { min: 1 },
	completes: ["running-container", "none"],
	interspersed: false,
	async run(context, { arguments: [container, ...words] }) {
		const query = words.length === 0 ? {} : { ps_args: words.join(" ") };
		const { Titles, Processes } = await containerTop(await context.engine(), container!, query);
		context.out(formatTable([Titles ?? [], ...(Processes ?? [])], { minimum: 20 }));
	},
});
