import type { ChangesBackend } from "../../server/index.ts";
import { checkChanges } from "../checks/changes.ts";
import type { SocketPolicy } from "../contract.ts";
import { ownContainer } from "./owned.ts";
import type { GuardRooms } from "./rooms.ts";

/** Changes of containers behind a policy. */
export function guardChanges(policy: SocketPolicy, inner: ChangesBackend, rooms: GuardRooms): ChangesBackend {
	return {
		async change(reference, changes) {
			const id = ownContainer(policy, rooms, reference);
			checkChanges(policy, changes);
			return inner.change(id, changes);
		},
	};
}
