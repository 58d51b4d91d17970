import { containerEgress, containerUpdate } from "../../../client/index.ts";
import { CommandFailure } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";
import { forEach } from "../each.ts";
import { egressPolicy } from "../network/egress-flag.ts";
import { updateFlags, updateRequest } from "./update/request.ts";

export const command = defineCommand({
	usage: "[OPTIONS] CONTAINER [CONTAINER...]",
	flags: updateFlags,
	arguments: { min: 1 },
	completes: ["container"],
	async run(context, input) {
		if (input.given.size === 0)
			throw new CommandFailure("you must provide one or more flags when using this command");
		const request = requestOf(input);
		const policy = policyOf(input.flags.egress);
		const changesLimits = [...input.given].some((name) => name !== "egress");
		const engine = await context.engine();
		return forEach(context, input.arguments, async (name) => {
			if (policy !== undefined) await containerEgress(engine, name, policy);
			if (!changesLimits) return name;
			const { Warnings } = await containerUpdate(engine, name, request);
			for (const warning of Warnings ?? []) context.error(`${warning}\n`);
			return name;
		});
	},
});

function requestOf(input: Parameters<typeof updateRequest>[0]) {
	try {
		return updateRequest(input);
	} catch (error) {
		throw new CommandFailure((error as Error).message, { cause: error });
	}
}

function policyOf(rules: readonly string[]): string | undefined {
	try {
		return egressPolicy(rules);
	} catch (error) {
		throw new CommandFailure((error as Error).message, { cause: error });
	}
}
