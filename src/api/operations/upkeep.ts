/** Keeping the disk from filling. Hull's own. */
import { Type } from "typebox";
import { operation } from "../operation.ts";
import { Filters } from "../schemas/filters.ts";
import { HullCollection, HullPrunePlan } from "../schemas/upkeep.ts";

/** Collect images that nobody uses now, by the limits that are configured or given. */
export const imageCollect = operation({
	id: "HullImageCollect",
	method: "POST",
	path: "/hull/gc",
	since: "1.24",
	query: Type.Object({
		"dry-run": Type.Optional(Type.Boolean()),
		/** `720h`. */
		"max-age": Type.Optional(Type.String()),
		/** `85%` of the file system, or `50g` of images. */
		"high-water": Type.Optional(Type.String()),
		"low-water": Type.Optional(Type.String()),
	}),
	result: HullCollection,
	status: 200,
});

/** What prunes of these kinds, one after another, would remove; nothing is removed. */
export const prunePlan = operation({
	id: "HullPrunePlan",
	method: "GET",
	path: "/hull/prune",
	since: "1.24",
	query: Type.Object({
		/** `container`, `volume`, `image`, in this order; none is all. */
		type: Type.Optional(Type.Array(Type.String())),
		/** As for each of the prunes. */
		filters: Type.Optional(Filters),
	}),
	result: HullPrunePlan,
	status: 200,
});
