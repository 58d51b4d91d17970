import type { EngineEvent, EventType } from "./contract.ts";

const types: ReadonlySet<string> = new Set(
	Object.keys({
		...{ container: true, image: true, network: true, volume: true },
		...{ secret: true, config: true, daemon: true, builder: true },
	} satisfies Record<EventType, true>),
);

export function encodeEvent(event: EngineEvent): string {
	return `${JSON.stringify({ ...event, timeNano: event.timeNano.toString() })}\n`;
}

/** `undefined` for a line that is no event. */
export function decodeEvent(line: string): EngineEvent | undefined {
	const value = parse(line);
	if (value === undefined || !types.has(String(value["type"])) || typeof value["action"] !== "string")
		return undefined;
	const actor = value["actor"] as EngineEvent["actor"] | null | undefined;
	if (typeof actor?.id !== "string" || !isTextMap(actor.attributes)) return undefined;
	if (typeof value["timeNano"] !== "string" || !/^\d{1,20}$/.test(value["timeNano"])) return undefined;
	return {
		type: value["type"] as EventType,
		action: value["action"],
		actor: { id: actor.id, attributes: actor.attributes },
		timeNano: BigInt(value["timeNano"]),
	};
}

function parse(line: string): Record<string, unknown> | undefined {
	try {
		const value: unknown = JSON.parse(line);
		return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
	} catch {
		return undefined;
	}
}

function isTextMap(value: unknown): value is Record<string, string> {
	if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
	return Object.values(value).every((item) => typeof item === "string");
}
