import type { ContainerUpdateRequest, HullChanges, Mount } from "../../../api/index.ts";
import {
	containerChange,
	containerEgress,
	containerInspect,
	containerMountAdd,
	containerMountDelete,
	containerUpdate,
	type Engine,
} from "../../../client/index.ts";
import { CommandFailure } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";
import { forEach } from "../each.ts";
import { egressPolicy } from "../network/egress-flag.ts";
import { changesOf } from "./update/changes.ts";
import { updateFlags, updateRequest } from "./update/request.ts";

export const command = defineCommand({
	usage: "[OPTIONS] CONTAINER [CONTAINER...]",
	description:
		"Of a container that runs, everything changes at once but its variables, which it has from its next start on. Connections through its published ports are cut when these change.",
	examples: [
		["hull update --publish-add 8080:80 web", "Publish one more port of web"],
		[
			"hull update --mount-add type=bind,src=/srv,dst=/srv --label-add tier=front web",
			"Add a mount, set a label",
		],
	],
	flags: updateFlags,
	arguments: { min: 1 },
	completes: ["container"],
	async run(context, input) {
		const { flags, given } = input;
		if (given.size === (given.has("format") ? 1 : 0))
			throw new CommandFailure("you must provide one or more flags when using this command");
		if (flags.format !== undefined && flags.format !== "json")
			throw new CommandFailure(`--format ${flags.format}: only json is known`);
		const order = orderOf(input);
		const engine = await context.engine();
		return forEach(context, input.arguments, async (name) => {
			const { warnings, ...done } = await carryOut(engine, name, order);
			for (const warning of warnings) context.error(`${warning}\n`);
			if (flags.format === "json") return JSON.stringify({ container: name, ...done });
			if (done.atNextStart.length > 0)
				context.error(`${name}: at the next start: ${done.atNextStart.join(", ")}\n`);
			return name;
		});
	},
});

interface Order {
	readonly request: ContainerUpdateRequest;
	readonly policy: string | undefined;
	readonly changes: HullChanges;
	readonly mountsAdded: readonly Mount[];
	readonly mountsRemoved: readonly string[];
}

function orderOf(input: Parameters<typeof updateRequest>[0]): Order {
	try {
		return {
			request: updateRequest(input),
			policy: egressPolicy(input.flags.egress),
			changes: changesOf(input),
			mountsAdded: input.flags["mount-add"],
			mountsRemoved: input.flags["mount-rm"],
		};
	} catch (error) {
		throw new CommandFailure((error as Error).message, { cause: error });
	}
}

interface Done {
	readonly applied: readonly string[];
	readonly atNextStart: readonly string[];
	readonly warnings: readonly string[];
}

/** One kind after the other; what was done before an error stays. */
async function carryOut(engine: Engine, name: string, order: Order): Promise<Done> {
	const { State: state } = await containerInspect(engine, name);
	const now: string[] = [];
	const { Applied: applied, AtNextStart: atNextStart } = isEmpty(order.changes)
		? { Applied: [], AtNextStart: [] }
		: await containerChange(engine, name, order.changes);
	for (const target of order.mountsRemoved) await containerMountDelete(engine, name, { target });
	for (const mount of order.mountsAdded) await containerMountAdd(engine, name, mount);
	if (order.mountsRemoved.length + order.mountsAdded.length > 0) now.push("mount");
	if (order.policy !== undefined) {
		await containerEgress(engine, name, order.policy);
		now.push("egress");
	}
	const { RestartPolicy: policy, ...limits } = order.request;
	const { Warnings: warnings = [] } = isEmpty(order.request)
		? {}
		: await containerUpdate(engine, name, order.request);
	if (!isEmpty(limits)) now.push("limits");
	const isRunning = state?.Running === true;
	return {
		applied: [...applied, ...(isRunning ? now : []), ...(policy === undefined ? [] : ["restart"])],
		atNextStart: [...atNextStart, ...(isRunning ? [] : now)],
		warnings,
	};
}

function isEmpty(request: object): boolean {
	return Object.keys(request).length === 0;
}
