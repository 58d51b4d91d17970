import type { CommandEntry } from "../command-entry.ts";
import { inspectMachine } from "./inspect-machine.ts";

/** A command of containers for machines alone: nothing is done when one of those named is a container that is none. */
export function onlyMachines(load: CommandEntry["load"]): CommandEntry["load"] {
	return async () => {
		const { command } = await load();
		return {
			command: {
				...command,
				usage: command.usage.replaceAll("CONTAINER", "MACHINE"),
				async run(context, input) {
					const engine = await context.engine();
					for (const name of input.arguments) {
						await inspectMachine(engine, name).catch((error: unknown) => {
							// One that is not there is the command's to tell of.
							if ((error as { status?: unknown }).status !== 404) throw error;
						});
					}
					return (await command.run(context, input)) ?? undefined;
				},
			},
		};
	};
}
