/** Whose a thing is. What is not there and what is somebody else's get one answer. */
import { ownerLabel } from "../../api/syntax.ts";
import { EngineError } from "../../lib/index.ts";
import { isOwn } from "../checks/labels.ts";
import type { SocketPolicy } from "../contract.ts";
import { denial } from "../denial.ts";
import type { GuardRooms } from "./rooms.ts";

type Filters = ReadonlyMap<string, readonly string[]>;

/**
 * The id of a container that a call is about, which is what the operation then gets: names may change hands in
 * between. `not_found` for one that is not the socket's own.
 */
export function ownContainer(policy: SocketPolicy, rooms: GuardRooms, reference: string): string {
	const found = rooms.container(reference);
	if (found !== undefined && (policy.scope === "all" || isOwn(policy, found.labels))) return found.id;
	throw new EngineError("not_found", `No such container: ${reference}`);
}

/**
 * The id of a container that another is tied to: whose namespace it joins, whose volumes it takes. Only the socket's
 * own, whatever its scope: others may have what its containers must not. `forbidden`.
 */
export function joinedContainer(
	policy: SocketPolicy,
	rooms: GuardRooms,
	{ field, reference }: { readonly field: string; readonly reference: string },
): string {
	const found = rooms.container(reference);
	if (found !== undefined && isOwn(policy, found.labels)) return found.id;
	throw denial(
		policy,
		"scope",
		`${field}: there is no container ${JSON.stringify(reference)} of this socket`,
	);
}

/** Filters of a list or a prune that then sees only what is the socket's own. */
export function ownFilters(policy: SocketPolicy, filters: Filters): Filters {
	if (policy.scope === "all") return filters;
	const label = `${ownerLabel}=${policy.name}`;
	return new Map([...filters, ["label", [...(filters.get("label") ?? []), label]]]);
}
