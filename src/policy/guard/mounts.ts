import { parseMount } from "../../api/syntax.ts";
import type { MountsBackend } from "../../server/index.ts";
import { checkMount } from "../checks/mounts.ts";
import type { SocketPolicy } from "../contract.ts";
import { type CreateRooms, makeVolume } from "./create-container.ts";
import { assertUsable } from "./images.ts";
import { joinedContainer, ownContainer } from "./owned.ts";

/** Mounts of running containers behind a policy. */
export function guardMounts(policy: SocketPolicy, inner: MountsBackend, rooms: CreateRooms): MountsBackend {
	return {
		listMounts: (reference) => inner.listMounts(ownContainer(policy, rooms, reference)),
		async addMount(reference, spec) {
			ownContainer(policy, rooms, reference);
			const id = joinedContainer(policy, rooms, { field: "container", reference });
			const mount = parseMount(spec);
			checkMount(policy, mount);
			if (mount.type === "image") assertUsable(policy, rooms, mount.source);
			await makeVolume(policy, rooms.volumes, mount);
			return inner.addMount(id, spec, { bindRoots: policy.rules.binds.map(({ source }) => source) });
		},
		async removeMount(reference, options) {
			return inner.removeMount(ownContainer(policy, rooms, reference), options);
		},
	};
}
