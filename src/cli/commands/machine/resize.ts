import { parseMemoryBytes, parseNanoCpus } from "../../../api/syntax.ts";
import { containerUpdate } from "../../../client/index.ts";
import { CommandFailure } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";
import { inspectMachine } from "./inspect-machine.ts";

export const command = defineCommand({
	usage: "[OPTIONS] MACHINE",
	description:
		"Changes what a machine may use. One that is off has the new size when it is turned on; one that is on can only use what it was started with.",
	flags: [
		{ kind: "text", name: "cpus", word: "decimal", parse: parseNanoCpus, help: "Number of CPUs, as 1.5" },
		{ kind: "text", name: "disk", word: "bytes", completes: "none", help: "Refused: a disk keeps its size" },
		{
			kind: "text",
			name: "memory",
			short: "m",
			word: "bytes",
			parse: parseMemoryBytes,
			help: "Most memory that its processes use",
		},
	],
	arguments: { min: 1, max: 1 },
	completes: ["container"],
	async run(context, { flags, arguments: [name] }) {
		if (flags.disk !== undefined)
			throw new CommandFailure(
				"--disk: the disk of a machine keeps the size that it was made with; make another machine with a larger one",
			);
		if (flags.cpus === undefined && flags.memory === undefined)
			throw new CommandFailure("say what to change: --cpus, --memory");
		const engine = await context.engine();
		const { Id } = await inspectMachine(engine, name!);
		const { Warnings } = await containerUpdate(engine, Id!, {
			...(flags.cpus === undefined ? {} : { NanoCpus: flags.cpus }),
			// As Docker has it when nothing is said of swap: as much again. The machine has none.
			...(flags.memory === undefined ? {} : { Memory: flags.memory, MemorySwap: flags.memory * 2 }),
		});
		for (const warning of Warnings ?? []) context.error(`${warning}\n`);
		context.out(`${name}\n`);
	},
});
