import { EngineError } from "../../lib/index.ts";
import { parseReference } from "../../oci/index.ts";
import type { ContainerBackend } from "../../server/index.ts";
import { checkExec } from "../checks/exec.ts";
import { checkTag, joined } from "../checks/image-names.ts";
import { checkLabels } from "../checks/labels.ts";
import { checkName } from "../checks/mounts.ts";
import { checkUpdate } from "../checks/resources.ts";
import type { SocketPolicy } from "../contract.ts";
import { type CreateRooms, createGuardedContainer } from "./create-container.ts";
import { joinableNetwork } from "./networks.ts";
import { ownContainer, ownFilters } from "./owned.ts";

/** Containers behind a policy. */
export function guardContainers(
	policy: SocketPolicy,
	inner: ContainerBackend,
	rooms: CreateRooms,
): ContainerBackend {
	const own = (reference: string) => ownContainer(policy, rooms, reference);
	/** A call that is about one container. */
	const about =
		<Rest extends unknown[], Result>(call: (id: string, ...rest: Rest) => Result) =>
		(reference: string, ...rest: Rest): Result =>
			call(own(reference), ...rest);
	const ofExec = async (id: string) => {
		const { ContainerID = "" } = await inner.execInspect(id).catch(() => ({ ContainerID: "" }));
		try {
			own(ContainerID);
		} catch {
			throw new EngineError("not_found", `No such exec instance: ${id}`);
		}
		return id;
	};
	/** Networks are kept by their names: since the container was made, somebody else may have made one of that name. */
	const runnable = async (reference: string) => {
		const id = own(reference);
		if (policy.scope === "all") return id;
		const { NetworkSettings } = await inner.inspect(id, { size: false });
		for (const name of Object.keys(NetworkSettings?.Networks ?? {}))
			await joinableNetwork(policy, rooms.networks, name);
		return id;
	};
	return {
		async list(query) {
			for (const key of ["before", "since"]) for (const other of query.filters.get(key) ?? []) own(other);
			return inner.list({ ...query, filters: ownFilters(policy, query.filters) });
		},
		create: createGuardedContainer(policy, inner, rooms),
		inspect: about(inner.inspect),
		start: async (reference) => inner.start(await runnable(reference)),
		stop: about(inner.stop),
		restart: async (reference, options) => inner.restart(await runnable(reference), options),
		kill: about(inner.kill),
		pause: about(inner.pause),
		unpause: about(inner.unpause),
		async rename(reference, name) {
			const id = own(reference);
			checkName(policy, "container", name.replace(/^\//, ""));
			return inner.rename(id, name);
		},
		async update(reference, request) {
			const id = own(reference);
			checkUpdate(policy, request);
			return inner.update(id, request);
		},
		remove: about(inner.remove),
		async prune(filters) {
			return inner.prune(ownFilters(policy, filters));
		},
		resize: about(inner.resize),
		attach: about(inner.attach),
		logs: about(inner.logs),
		wait: about(inner.wait),
		top: about(inner.top),
		footprint: about(inner.footprint),
		stats: about(inner.stats),
		changes: about(inner.changes),
		export: about(inner.export),
		archiveStat: about(inner.archiveStat),
		archiveGet: about(inner.archiveGet),
		archivePut: about(inner.archivePut),
		async commit(reference, options) {
			const id = own(reference);
			checkLabels(policy, options.config?.Labels);
			if (options.repo !== "") {
				parseReference(options.repo);
				checkTag(policy, joined(options.repo, options.tag));
			}
			return inner.commit(id, options);
		},
		async execCreate(reference, request) {
			const id = own(reference);
			checkExec(policy, request);
			return inner.execCreate(id, request);
		},
		execStart: async (id, request) => inner.execStart(await ofExec(id), request),
		execResize: async (id, size) => inner.execResize(await ofExec(id), size),
		execInspect: async (id) => inner.execInspect(await ofExec(id)),
	};
}
