/** Builds. */
import * as api from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { BuildBackend } from "../build-backend.ts";
import { readBuildFrames } from "../decode/build-frames.ts";
import { buildParameters } from "../decode/build-parameters.ts";
import { byteStream, empty, json, jsonLines } from "../reply.ts";
import { type Call, type Route, route } from "../route.ts";
import { filtersOf } from "./filters-of.ts";

export function buildRoutes(builds: BuildBackend): Route[] {
	return [
		route(api.imageBuild, async ({ query, headers, bytes, signal }) => {
			if (query.version === "2")
				throw new EngineError(
					"not_implemented",
					"version 2 of POST /build needs a session of BuildKit: use buildx, or DOCKER_BUILDKIT=0",
				);
			if (query.version && query.version !== "1")
				throw new EngineError("invalid_argument", `invalid version ${JSON.stringify(query.version)}`);
			const parameters = buildParameters(query, headers.get("x-registry-config"));
			const call = { ...parameters, query, body: bytes };
			return { kind: "progress", run: (emit) => builds.build(call, emit, signal) };
		}),
		route(api.buildPrune, async ({ query }) => json(await builds.prune(pruneOptions(query)))),
		route(api.buildCancel, async ({ query }) => {
			if (!query.id) throw new EngineError("invalid_argument", "build ID not provided");
			builds.cancel(query.id);
			return empty(204);
		}),
		route(api.hullBuild, async ({ bytes, signal }) => {
			const frames = await readBuildFrames(bytes);
			return jsonLines("application/x-ndjson", lines(builds.hullBuild(frames, signal)));
		}),
		route(api.hullBuildMountList, async () => json(await builds.mounts())),
		route(api.hullBuildMountExport, async ({ query, signal }) =>
			byteStream("application/x-tar", await builds.exportMount(query.id, signal)),
		),
		route(api.hullBuildMountImport, async ({ query, bytes, signal }) => {
			await builds.importMount(query.id, bytes, signal);
			return empty(204);
		}),
		route(api.hullBuildMountDelete, async ({ query }) => {
			await builds.removeMount(query.id);
			return empty(204);
		}),
		route(api.hullBuildList, async () => json(builds.list())),
		route(api.hullBuildInspect, async ({ params }) => json(builds.inspect(params["id"]!))),
		route(api.hullBuildEvents, async ({ params, signal }) =>
			jsonLines("application/x-ndjson", lines(builds.events(params["id"]!, signal))),
		),
	];
}

function pruneOptions(query: Call<typeof api.buildPrune>["query"]) {
	const bytes = (name: "reserved-space" | "keep-storage" | "max-used-space" | "min-free-space") => {
		const value = query[name] ?? 0;
		if (value < 0) throw new EngineError("invalid_argument", `${name} is below zero`);
		return value;
	};
	return {
		all: query.all ?? false,
		reservedBytes: bytes("reserved-space") || bytes("keep-storage"),
		maxUsedBytes: bytes("max-used-space"),
		minFreeBytes: bytes("min-free-space"),
		filters: filtersOf(query.filters),
	};
}

async function* lines(events: AsyncIterable<api.HullBuildEvent>): AsyncGenerator<string> {
	for await (const event of events) yield JSON.stringify(event);
}
