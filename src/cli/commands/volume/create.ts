import { parseLabel } from "../../../api/syntax.ts";
import { volumeCreate } from "../../../client/index.ts";
import { CommandFailure } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";
import { parsePair } from "../container/create/values.ts";

export const command = defineCommand({
	usage: "[OPTIONS] [VOLUME]",
	flags: [
		{ kind: "text", name: "driver", short: "d", default: "local", completes: "none", help: "Volume driver" },
		{ kind: "list", name: "label", parse: parseLabel, completes: "none", help: "Label (key=value)" },
		{ kind: "text", name: "name", completes: "none", help: "Name of the volume" },
		{
			kind: "list",
			name: "opt",
			short: "o",
			word: "map",
			parse: parsePair,
			completes: "none",
			help: "Option of the driver (key=value)",
		},
	],
	arguments: { min: 0, max: 1 },
	completes: ["none"],
	async run(context, { flags, arguments: [name] }) {
		if (name !== undefined && flags.name !== undefined)
			throw new CommandFailure(
				"conflicting options: cannot specify a volume-name through both --name and as a positional arg",
			);
		const volume = await volumeCreate(await context.engine(), {
			Name: name ?? flags.name ?? "",
			Driver: flags.driver ?? "local",
			DriverOpts: Object.fromEntries(flags.opt),
			Labels: Object.fromEntries(flags.label.map(({ key, value }) => [key, value])),
		});
		context.out(`${volume.Name}\n`);
	},
});
