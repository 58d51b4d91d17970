import type { Engine } from "../../../client/index.ts";
import { type Command, defineCommand } from "../../flags/command.ts";
import type { Completion } from "../../flags/flag.ts";
import { forEach } from "../each.ts";

/** A command without flags that does one thing with each of the named containers. */
export function eachContainer(
	completes: Completion,
	act: (engine: Engine, name: string) => Promise<unknown>,
): Command {
	return defineCommand({
		usage: "CONTAINER [CONTAINER...]",
		flags: [],
		arguments: { min: 1 },
		completes: [completes],
		async run(context, { arguments: names }) {
			const engine = await context.engine();
			return forEach(context, names, async (name) => {
				await act(engine, name);
				return name;
			});
		},
	});
}
