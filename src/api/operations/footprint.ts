/** What containers cost and what the machine has, as `hull compare` measures it. Hull's own. */
import { Type } from "typebox";
import { operation } from "../operation.ts";
import { HullFootprint, HullHost } from "../schemas/footprint.ts";

const none = Type.Object({});

/** Memory and disk that a running container takes on the host. */
export const containerFootprint = operation({
	id: "HullContainerFootprint",
	method: "GET",
	path: "/hull/containers/:id/footprint",
	since: "1.24",
	query: none,
	result: HullFootprint,
	status: 200,
});

/** The machine that the engine runs on. */
export const hostFacts = operation({
	id: "HullHost",
	method: "GET",
	path: "/hull/host",
	since: "1.24",
	query: none,
	result: HullHost,
	status: 200,
});
