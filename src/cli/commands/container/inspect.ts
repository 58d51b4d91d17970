import { containerInspectText } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { printInspected } from "../inspect-command.ts";

export const command = defineCommand({
	usage: "[OPTIONS] CONTAINER [CONTAINER...]",
	flags: [
		{ kind: "text", name: "format", short: "f", completes: "none", help: "json, or a Go template" },
		{ kind: "switch", name: "size", short: "s", help: "Show how much disk it uses" },
	],
	arguments: { min: 1 },
	completes: ["container"],
	run: (context, { flags, arguments: names }) =>
		printInspected(context, names, {
			format: flags.format,
			inspect: (engine, name) => containerInspectText(engine, name, { size: flags.size }),
		}),
});
