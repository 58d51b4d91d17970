import { imageInspectText } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { platformJson } from "../../format/platform.ts";
import { printInspected } from "../inspect-command.ts";

export const command = defineCommand({
	usage: "[OPTIONS] IMAGE [IMAGE...]",
	flags: [
		{ kind: "text", name: "format", short: "f", completes: "none", help: "json, or a Go template" },
		{
			kind: "text",
			name: "platform",
			completes: "platform",
			help: "Platform of the image (os/arch[/variant])",
		},
	],
	arguments: { min: 1 },
	completes: ["image"],
	run: (context, { flags, arguments: names }) =>
		printInspected(context, names, {
			format: flags.format,
			inspect: (engine, name) =>
				imageInspectText(engine, name, {
					platform: flags.platform === undefined ? undefined : platformJson(flags.platform),
				}),
		}),
});
