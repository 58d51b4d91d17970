/** The engine itself. */
import * as api from "../../api/index.ts";
import type { EngineEvent } from "../../events/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { ApiVersion } from "../api-version.ts";
import type { SystemBackend } from "../backends.ts";
import { adaptDiskUsage } from "../compat/disk-usage.ts";
import { formatEvent } from "../compat/event.ts";
import { json, jsonLines, type Reply } from "../reply.ts";
import { type Call, type Route, route } from "../route.ts";
import { timeOf } from "./container-streams.ts";
import { filtersOf } from "./filters-of.ts";

export function systemRoutes(system: SystemBackend): Route[] {
	return [
		route(api.systemPing, async () => ping),
		route(api.systemPingHead, async () => ({ ...ping, text: "" })),
		route(api.systemVersion, async () => json(await system.version())),
		route(api.systemInfo, async () => json(await system.info())),
		route(api.systemDataUsage, async ({ query, version }) => {
			const kinds = query.type ?? [];
			const odd = kinds.find((kind) => !["container", "image", "volume", "build-cache"].includes(kind));
			if (odd !== undefined)
				throw new EngineError("invalid_argument", `unknown object type: ${JSON.stringify(odd)}`);
			return json(adaptDiskUsage(await system.diskUsage(kinds), version, query.verbose ?? false));
		}),
		route(api.systemEvents, async (call) => streamEvents(system, call)),
	];
}

const ping: Reply & { kind: "text" } = {
	kind: "text",
	status: 200,
	text: "OK",
	headers: {
		"Builder-Version": "2",
		"Cache-Control": "no-cache, no-store, must-revalidate",
		Pragma: "no-cache",
		Swarm: "inactive",
	},
};

async function streamEvents(system: SystemBackend, call: Call<typeof api.systemEvents>): Promise<Reply> {
	const { query, version, signal, headers } = call;
	const since = timeOf("since", query.since);
	const until = timeOf("until", query.until);
	if (since !== undefined && until !== undefined && until < since)
		throw new EngineError(
			"invalid_argument",
			`\`since\` time (${query.since}) cannot be after \`until\` time (${query.until})`,
		);
	const events = await system.events({ since, until, filters: filtersOf(query.filters) }, signal);
	return jsonLines(eventsType(headers.get("accept")), formatted(events, version));
}

async function* formatted(events: AsyncIterable<EngineEvent>, version: ApiVersion): AsyncGenerator<string> {
	for await (const event of events) yield formatEvent(event, version);
}

/** The stream is one document per line; clients that know a name for that get it. */
function eventsType(accept: string | undefined): string {
	const types = ["application/jsonl", "application/x-ndjson"];
	return types.find((type) => accept?.includes(type)) ?? "application/json";
}
