/** Images at their registry. Engine API, section of the same name. */
import { Type } from "typebox";
import { operation } from "../operation.ts";
import { DistributionInspect } from "../schemas/image.ts";

const none = Type.Object({});

/** Get image information from the registry. */
export const distributionInspect = operation({
	id: "DistributionInspect",
	method: "GET",
	path: "/distribution/:name/json",
	since: "1.30",
	query: none,
	result: DistributionInspect,
	status: 200,
});
