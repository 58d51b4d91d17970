/** Containers: their life from create to remove. What streams is in `container-streams.ts`. */
import * as api from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { ContainerBackend } from "../backends.ts";
import { adaptContainerInspect } from "../compat/container-inspect.ts";
import { adaptCreateRequest } from "../compat/create-request.ts";
import { empty, json } from "../reply.ts";
import { type Route, route } from "../route.ts";
import { filtersOf } from "./filters-of.ts";

export function containerRoutes(containers: ContainerBackend): Route[] {
	return [
		route(api.containerList, async ({ query }) =>
			json(
				await containers.list({
					all: query.all ?? false,
					// Docker lists everything for a negative limit.
					limit: Math.max(0, query.limit ?? 0),
					size: query.size ?? false,
					filters: filtersOf(query.filters),
				}),
			),
		),
		route(api.containerCreate, async ({ query, body, unknownFields, version }) => {
			if (Object.keys(body).every((key) => key === "HostConfig" || key === "NetworkingConfig"))
				throw new EngineError("invalid_argument", "config cannot be empty in order to create a container");
			const answer = await containers.create(adaptCreateRequest(body, version), {
				name: query.name || undefined,
				platform: query.platform || undefined,
			});
			const unknown = unknownFields.map((field) => `${field} is not known to this engine and has no effect`);
			return json({ ...answer, Warnings: [...(answer.Warnings ?? []), ...unknown] }, 201);
		}),
		route(api.containerInspect, async ({ params, query, version }) =>
			json(
				adaptContainerInspect(
					await containers.inspect(params["id"]!, { size: query.size ?? false }),
					version,
				),
			),
		),
		route(api.containerStart, async ({ params, query, bytes }) => {
			if (query.detachKeys) throw notSupported("detachKeys of a start", "give them to attach");
			if (query.checkpoint || query["checkpoint-dir"])
				throw notSupported("checkpoints (checkpoint, checkpoint-dir)", "machines are saved by hull snapshot");
			await refuseStartBody(bytes);
			return empty((await containers.start(params["id"]!)) ? 204 : 304);
		}),
		route(api.containerStop, async ({ params, query }) =>
			empty((await containers.stop(params["id"]!, stopOptions(query))) ? 204 : 304),
		),
		route(api.containerRestart, async ({ params, query }) => {
			await containers.restart(params["id"]!, stopOptions(query));
			return empty(204);
		}),
		route(api.containerKill, async ({ params, query }) => {
			await containers.kill(params["id"]!, query.signal || "SIGKILL");
			return empty(204);
		}),
		route(api.containerPause, async ({ params }) => {
			await containers.pause(params["id"]!);
			return empty(204);
		}),
		route(api.containerUnpause, async ({ params }) => {
			await containers.unpause(params["id"]!);
			return empty(204);
		}),
		route(api.containerRename, async ({ params, query }) => {
			if (!query.name) throw new EngineError("invalid_argument", "Neither old nor new names may be empty");
			await containers.rename(params["id"]!, query.name);
			return empty(204);
		}),
		route(api.containerUpdate, async ({ params, body, unknownFields }) => {
			const answer = await containers.update(params["id"]!, body);
			const unknown = unknownFields.map((field) => `${field} is not known to this engine and has no effect`);
			return json({ ...answer, Warnings: [...(answer.Warnings ?? []), ...unknown] });
		}),
		route(api.containerDelete, async ({ params, query }) => {
			await containers.remove(params["id"]!, {
				force: query.force ?? false,
				volumes: query.v ?? false,
				link: query.link ?? false,
			});
			return empty(204);
		}),
		route(api.containerPrune, async ({ query }) => json(await containers.prune(filtersOf(query.filters)))),
		route(api.containerTop, async ({ params, query }) =>
			json(await containers.top(params["id"]!, query.ps_args ?? "")),
		),
		route(api.containerChanges, async ({ params }) => json(await containers.changes(params["id"]!))),
		route(api.containerResize, async ({ params, query }) => {
			await containers.resize(params["id"]!, windowSize(query));
			return empty(200);
		}),
	];
}

/** Height and width of a terminal. Errors: `invalid_argument`. */
export function windowSize(query: { h?: number; w?: number }): { height: number; width: number } {
	const { h: height, w: width } = query;
	if (height === undefined || width === undefined)
		throw new EngineError("invalid_argument", "resize needs h and w, the height and width of the terminal");
	if (height < 0 || width < 0 || height > 65535 || width > 65535)
		throw new EngineError("invalid_argument", `invalid terminal size ${height} × ${width}`);
	return { height, width };
}

function stopOptions(query: { t?: number; signal?: string }): { timeoutSeconds?: number; signal?: string } {
	return { timeoutSeconds: query.t, signal: query.signal || undefined };
}

/** API versions up to 1.23 took a host configuration here; a client that still sends one must not think it is heard. */
async function refuseStartBody(bytes: AsyncIterable<Uint8Array>): Promise<void> {
	let text = "";
	for await (const chunk of bytes) {
		text += Buffer.from(chunk).toString("latin1");
		if (!/^\s*(\{\s*\}?|n|nu|nul|null)?\s*$/.test(text))
			throw new EngineError(
				"invalid_argument",
				"starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24",
			);
	}
}

function notSupported(what: string, instead: string): EngineError {
	return new EngineError("not_implemented", `${what} are not supported: ${instead}`);
}
