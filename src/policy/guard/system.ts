import type { EngineEvent } from "../../events/index.ts";
import type { ContainerBackend, SystemBackend } from "../../server/index.ts";
import { isOwn } from "../checks/labels.ts";
import type { SocketPolicy } from "../contract.ts";
import { matchesImageName } from "../patterns.ts";
import { ownFilters } from "./owned.ts";
import type { GuardRooms } from "./rooms.ts";

/** What the engine tells of itself, as far as it is the socket's business. */
export function guardSystem(
	policy: SocketPolicy,
	inner: SystemBackend,
	rooms: GuardRooms & { readonly containers: Pick<ContainerBackend, "list"> },
): SystemBackend {
	if (policy.scope === "all") return inner;
	return {
		...inner,
		async info() {
			const filters = ownFilters(policy, new Map());
			const [info, own] = await Promise.all([
				inner.info(),
				rooms.containers.list({ all: true, limit: 0, size: false, filters }),
			]);
			const count = (...states: string[]) => own.filter(({ State = "" }) => states.includes(State)).length;
			const running = count("running", "restarting");
			const paused = count("paused");
			return {
				...info,
				Containers: own.length,
				ContainersRunning: running,
				ContainersPaused: paused,
				ContainersStopped: own.length - running - paused,
			};
		},
		async diskUsage(kinds) {
			const { HullUsage: _all, ...usage } = await inner.diskUsage(kinds);
			const names = (image: { readonly RepoTags?: string[] }) => image.RepoTags ?? [];
			return {
				...usage,
				...(usage.Containers && {
					Containers: usage.Containers.filter(({ Labels }) => isOwn(policy, Labels)),
				}),
				...(usage.Volumes && { Volumes: usage.Volumes.filter(({ Labels }) => isOwn(policy, Labels)) }),
				...(usage.Images && {
					Images: usage.Images.filter((image) =>
						names(image).some((name) => matchesImageName(policy.rules.images, name)),
					),
				}),
				...(usage.BuildCache && { BuildCache: [] }),
			};
		},
		async events(query, signal) {
			return ownEvents(policy, rooms, await inner.events(query, signal));
		},
	};
}

async function* ownEvents(
	policy: SocketPolicy,
	rooms: GuardRooms,
	events: AsyncIterable<EngineEvent>,
): AsyncGenerator<EngineEvent> {
	for await (const event of events) if (isOwnEvent(policy, rooms, event)) yield event;
}

/** Of containers that are its own, and of networks and volumes what happens to these. */
function isOwnEvent(policy: SocketPolicy, rooms: GuardRooms, { type, actor }: EngineEvent): boolean {
	switch (type) {
		case "container":
			return isOwn(policy, actor.attributes);
		case "network":
		case "volume":
			return isOwn(policy, rooms.container(actor.attributes["container"] ?? "")?.labels);
		default:
			return false;
	}
}
