/** What containers run with, changed after they were made. Hull's own. */
import { Type } from "typebox";
import { operation } from "../operation.ts";
import { HullChanges, HullChangesAnswer } from "../schemas/changes.ts";

/** Change a container: at once what can be while it runs, the rest at its next start. */
export const containerChange = operation({
	id: "HullContainerChange",
	method: "POST",
	path: "/hull/containers/:id/changes",
	since: "1.24",
	query: Type.Object({}),
	body: HullChanges,
	result: HullChangesAnswer,
	status: 200,
});
