import type { EngineEvent } from "../../events/index.ts";
import { type ApiVersion, isBefore } from "../api-version.ts";

/** One event as JSON. Up to 1.51 it also had `status`, `id` and `from`, from the time before there were types. */
export function formatEvent(event: EngineEvent, version: ApiVersion): string {
	const text = JSON.stringify({
		...(isBefore(version, "1.52") ? legacyFields(event) : {}),
		Type: event.type,
		Action: event.action,
		Actor: { ID: event.actor.id, Attributes: event.actor.attributes },
		scope: "local",
		time: Number(event.timeNano / 1_000_000_000n),
	});
	// Nanoseconds since 1970 are more than a double holds, so JSON.stringify cannot write them.
	return `${text.slice(0, -1)},"timeNano":${event.timeNano}}`;
}

function legacyFields(event: EngineEvent): Record<string, string> {
	if (event.type !== "container" && event.type !== "image") return {};
	const from = event.actor.attributes["image"];
	return { status: event.action, id: event.actor.id, ...(from === undefined ? {} : { from }) };
}
