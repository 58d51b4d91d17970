import { networkInspectText } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { printInspected } from "../inspect-command.ts";

export const command = defineCommand({
	usage: "[OPTIONS] NETWORK [NETWORK...]",
	flags: [
		{ kind: "text", name: "format", short: "f", completes: "none", help: "json, or a Go template" },
		{ kind: "switch", name: "verbose", short: "v", help: "Show details for diagnosis" },
	],
	arguments: { min: 1 },
	completes: ["network"],
	run: (context, { flags, arguments: names }) =>
		printInspected(context, names, {
			format: flags.format,
			inspect: (engine, name) => networkInspectText(engine, name, { verbose: flags.verbose }),
		}),
});
