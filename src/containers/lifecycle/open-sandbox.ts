import { EngineError } from "../../lib/index.ts";
import type { Sandbox, TaskSpec } from "../../runtime/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { driverOf, isolationOf } from "../isolation.ts";
import type { Identity } from "../user-namespace/identity.ts";

/** The sandbox of a run: its own network, the host's, or the one of another container's task. */
export function openSandbox(
	context: Context,
	container: Container,
	of: { readonly task: TaskSpec; readonly mapped: Identity | undefined },
): Promise<Sandbox> {
	const { task, mapped } = of;
	const { record, id } = container;
	const mode = record.hostConfig.NetworkMode ?? "bridge";
	const driver = driverOf(context, record);
	if (mode === "host") return driver.createSandbox({ id, network: { kind: "host" } });
	if (mode.startsWith("container:")) {
		const donor = donorOf(context, mode, "network");
		if (isolationOf(donor.record) !== driver.isolation)
			throw new EngineError(
				"invalid_argument",
				`cannot join network of container ${donor.id}: it is a machine (isolation vm), whose network is its own`,
			);
		return driver.joinSandbox(donor.run!.task);
	}
	const endpoints = Object.keys(record.endpoints).filter(
		(name) => context.networks.get(name).driver === "bridge",
	).length;
	const network = { kind: "own", endpoints, userNamespace: mapped?.namespace } as const;
	return driver.createSandbox({ id, network, task });
}

/** The running container that a mode `container:x` names. `conflict` when it does not run. */
export function donorOf(context: Context, mode: string, what: string): Container {
	const donor = context.registry.get(mode.slice("container:".length));
	switch (donor.record.state.status) {
		case "running":
		case "paused":
			if (donor.run?.task.pid !== undefined) return donor;
			break;
		case "restarting":
			throw new EngineError(
				"conflict",
				`container ${donor.id} is restarting, wait until the container is running`,
			);
		default:
	}
	throw new EngineError("conflict", `cannot join ${what} of a non running container: ${donor.id}`);
}
