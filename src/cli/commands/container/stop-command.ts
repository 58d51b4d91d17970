import type { Engine } from "../../../client/index.ts";
import { type Command, defineCommand } from "../../flags/command.ts";
import type { Completion } from "../../flags/flag.ts";
import { parseInteger } from "../../flags/values.ts";
import { forEach } from "../each.ts";

/** `stop` and `restart`: they ask, wait, and kill. */
export function stopCommand(
	completes: Completion,
	act: (engine: Engine, name: string, query: { t?: number; signal?: string }) => Promise<unknown>,
): Command {
	return defineCommand({
		usage: "[OPTIONS] CONTAINER [CONTAINER...]",
		flags: [
			{
				kind: "text",
				name: "signal",
				short: "s",
				completes: "signal",
				help: "Signal that asks it to stop (default: the container's own, SIGTERM as a rule)",
			},
			{
				kind: "text",
				name: "timeout",
				aliases: ["time"],
				short: "t",
				word: "int",
				parse: parseInteger,
				completes: "none",
				help: "Seconds until it is killed; -1 for never (default: the container's own, 10 as a rule)",
			},
		],
		arguments: { min: 1 },
		completes: [completes],
		async run(context, { flags, arguments: names }) {
			const engine = await context.engine();
			return forEach(context, names, async (name) => {
				await act(engine, name, { t: flags.timeout, signal: flags.signal });
				return name;
			});
		},
	});
}
