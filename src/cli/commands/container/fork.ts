import { containerFork } from "../../../client/index.ts";
import { CommandFailure } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";

export const command = defineCommand({
	usage: "[OPTIONS] CONTAINER",
	description:
		"Copies a running container of isolation vm, memory and disk, into more containers, each with an id, name, addresses and host name of its own. They share its memory until they write to it. Prints their names.",
	examples: [["hull fork -n 3 --name worker db", "Three copies of db: worker-1, worker-2, worker-3"]],
	flags: [
		{
			kind: "text",
			name: "count",
			short: "n",
			word: "int",
			completes: "none",
			help: "How many copies (default 1)",
		},
		{ kind: "text", name: "format", completes: "none", help: "json: ids and names" },
		{ kind: "text", name: "name", completes: "none", help: "Name of the copy; of several, with -1, -2, …" },
	],
	arguments: { min: 1, max: 1 },
	completes: ["running-container"],
	async run(context, { flags, arguments: [container] }) {
		const { count = "1", format } = flags;
		if (!/^[1-9]\d?$/.test(count))
			throw new CommandFailure(`--count ${count}: must be a number from 1 to 64`);
		if (format !== undefined && format !== "json")
			throw new CommandFailure(`--format ${format}: expected json`);
		const name = flags.name === undefined ? {} : { Name: flags.name };
		const engine = await context.engine();
		const { Containers } = await containerFork(engine, container!, { Count: Number(count), ...name });
		for (const copy of Containers)
			context.out(format === "json" ? `${JSON.stringify(copy)}\n` : `${copy.Name}\n`);
	},
});
