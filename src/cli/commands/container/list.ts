import { containerList } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { filterFlag, listFormatFlag } from "../../flags/shared.ts";
import { collectFilters, parseInteger } from "../../flags/values.ts";
import { configuredFormat } from "../../format/configured.ts";
import { printList } from "../../format/print-list.ts";
import { containerView } from "./view.ts";

export const command = defineCommand({
	usage: "[OPTIONS]",
	description:
		"Shows the running containers, newest first; -a shows all of them.\n\nFilters: ancestor, before, exited, expose, health, id, is-task, label, name, network, publish, since, status, volume.",
	examples: [
		["ps -a --filter status=exited", "containers that have ended"],
		["ps --format 'table {{.Names}}\\t{{.Status}}'", "names and states only"],
	],
	flags: [
		{ kind: "switch", name: "all", short: "a", help: "Show containers in every state" },
		filterFlag,
		listFormatFlag,
		{
			kind: "text",
			name: "last",
			short: "n",
			word: "int",
			parse: parseInteger,
			completes: "none",
			help: "Show the newest n in every state",
		},
		{ kind: "switch", name: "latest", short: "l", help: "Show the newest in any state" },
		{ kind: "switch", name: "no-trunc", help: "Show ids and commands in full" },
		{ kind: "switch", name: "quiet", short: "q", help: "Show ids only" },
		{ kind: "switch", name: "size", short: "s", help: "Show how much disk each uses" },
	],
	arguments: { min: 0, max: 0 },
	async run(context, { flags }) {
		const format =
			flags.format ?? (flags.quiet ? undefined : configuredFormat(context.configFolder, "psFormat"));
		const limit = flags.latest ? 1 : (flags.last ?? -1);
		const needsSize = flags.size || (format !== undefined && /\.Size\b|json \.[\s}|]/.test(format));
		const containers = await containerList(await context.engine(), {
			all: flags.all || limit > 0,
			limit: limit > 0 ? limit : undefined,
			size: needsSize,
			filters: collectFilters(flags.filter),
		});
		const noTrunc = flags["no-trunc"];
		await printList(context, containers, {
			view: containerView({ noTrunc }),
			columns: [
				"ID",
				"Image",
				"Command",
				"RunningFor",
				"Status",
				"Ports",
				"Names",
				...(flags.size ? ["Size"] : []),
			],
			format,
			only: flags.quiet ? "ID" : undefined,
			noTrunc,
		});
	},
});
