/** Egress policies, changed while containers run. Hull's own. */
import { Type } from "typebox";
import { operation } from "../operation.ts";
import { HullEgress } from "../schemas/egress.ts";

/** Change what a container may leave its networks for. */
export const containerEgress = operation({
	id: "HullContainerEgress",
	method: "POST",
	path: "/hull/containers/:id/egress",
	since: "1.24",
	query: Type.Object({}),
	body: HullEgress,
	status: 204,
});

/** Change what the containers of a network may leave it for. */
export const networkEgress = operation({
	id: "HullNetworkEgress",
	method: "POST",
	path: "/hull/networks/:id/egress",
	since: "1.24",
	query: Type.Object({}),
	body: HullEgress,
	status: 204,
});
