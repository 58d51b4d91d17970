import { buildEvents } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { plainDisplay } from "../build/progress/plain.ts";

export const command = defineCommand({
	usage: "[OPTIONS] BUILD",
	description: "Shows what a build told, and of one that runs what it tells until it ends.",
	flags: [
		{
			kind: "text",
			name: "progress",
			choices: ["plain", "rawjson"],
			default: "plain",
			help: "How it is shown",
		},
	],
	arguments: { min: 1, max: 1 },
	completes: ["none"],
	async run(context, { flags, arguments: [id] }) {
		const plain = plainDisplay(context.out, { explainCache: true, sent: { bytes: 0 } });
		for await (const event of buildEvents(await context.engine(), id!))
			if (flags.progress === "rawjson") context.out(`${JSON.stringify(event)}\n`);
			else plain.take(event);
	},
});
