import { defineCommand } from "../../flags/command.ts";
import { assertCreatable, createContainer, createFailure } from "./create/container.ts";
import { createFlags } from "./create/flags.ts";

export const command = defineCommand({
	usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
	description: "Prepares a container as 'run' does and leaves it to 'start'. Prints the container's id.",
	flags: createFlags,
	arguments: { min: 1 },
	completes: ["image", "none"],
	interspersed: false,
	async run(context, input) {
		assertCreatable(input);
		try {
			const { id } = await createContainer(context, input, { detach: false });
			context.out(`${id}\n`);
		} catch (error) {
			throw createFailure(error);
		}
	},
});
