import { defineCommand } from "../flags/command.ts";

export const command = defineCommand({
	usage: "[COMMAND...]",
	flags: [],
	arguments: { min: 0 },
	run: (context, { arguments: words }) => context.explain(words),
});
