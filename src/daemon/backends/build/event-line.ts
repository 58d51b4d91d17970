import type { HullBuildEvent } from "../../../api/index.ts";
import type { BuildEvent } from "../../../builder/index.ts";

/** An event as a line of JSON can hold it. */
export function eventLine(event: BuildEvent): HullBuildEvent {
	if (event.kind !== "log") return event;
	return { ...event, data: Buffer.from(event.data).toString("base64") };
}
