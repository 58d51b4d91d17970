import { EngineError } from "../../lib/index.ts";
import type { Sandbox } from "../../runtime/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";

/** The sandbox of a run: its own network, the host's, or the one of another container's task. */
export function openSandbox(context: Context, container: Container): Promise<Sandbox> {
	const mode = container.record.hostConfig.NetworkMode ?? "bridge";
	const { id } = container;
	if (mode === "host") return context.runtime.createSandbox({ id, network: { kind: "host" } });
	if (mode.startsWith("container:")) {
		return context.runtime.joinSandbox(donorOf(context, mode, "network").run!.task);
	}
	return context.runtime.createSandbox({ id, network: { kind: "own" } });
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
