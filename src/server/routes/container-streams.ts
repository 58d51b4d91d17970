/** Containers: what streams in or out of them. */
import * as api from "../../api/index.ts";
import { parseUnixTime } from "../../api/syntax.ts";
import { EngineError, isEngineError } from "../../lib/index.ts";
import type { AttachRequest, ContainerBackend, LogsRequest, PathStat } from "../backends.ts";
import { coalesce } from "../coalesce.ts";
import { outputType } from "../hijack.ts";
import { byteStream, empty, framed, json, jsonLines } from "../reply.ts";
import { type Route, route } from "../route.ts";
import { readHandshake } from "../websocket/handshake.ts";

export function containerStreamRoutes(containers: ContainerBackend): Route[] {
	return [
		route(api.containerAttach, async ({ params, query }) => {
			const streams = await containers.attach(params["id"]!, attachRequest(query));
			return { kind: "hijack", tty: streams.tty, open: async () => streams };
		}),
		route(api.containerAttachWebsocket, async ({ params, query, headers }) => {
			const handshake = readHandshake(headers);
			const streams = await containers.attach(params["id"]!, attachRequest(query));
			return { kind: "websocket", handshake, streams };
		}),
		route(api.containerLogs, async ({ params, query, signal, version }) => {
			const { output, tty } = await containers.logs(params["id"]!, logsRequest(query), signal);
			return { kind: "stream", contentType: outputType(tty, version), pieces: coalesce(framed(output, tty)) };
		}),
		route(api.containerWait, async ({ params, query, signal }) => {
			const condition = query.condition || "not-running";
			if (!["not-running", "next-exit", "removed"].includes(condition))
				throw new EngineError("invalid_argument", `invalid condition: ${JSON.stringify(condition)}`);
			const finish = await containers.wait(params["id"]!, condition, signal);
			// The head goes out before the container ends: `docker run` starts it only when the wait is in place.
			return jsonLines("application/json", waitAnswer(finish));
		}),
		route(api.containerStats, async ({ params, query, signal }) => {
			const stream = query.stream ?? true;
			const oneShot = query["one-shot"] ?? false;
			if (stream && oneShot)
				throw new EngineError("invalid_argument", "cannot have stream=true and one-shot=true");
			const readings = await containers.stats(params["id"]!, { stream, oneShot }, signal);
			return stream ? jsonLines("application/json", documents(readings)) : json(await firstOf(readings));
		}),
		route(api.containerExport, async ({ params, signal }) =>
			byteStream("application/octet-stream", await containers.export(params["id"]!, signal)),
		),
		route(api.containerArchiveInfo, async ({ params, query }) =>
			empty(200, statHeader(await containers.archiveStat(params["id"]!, pathOf(query)))),
		),
		route(api.containerArchive, async ({ params, query, signal }) => {
			const { stat, stream } = await containers.archiveGet(params["id"]!, pathOf(query), signal);
			return byteStream("application/x-tar", stream, statHeader(stat));
		}),
		route(api.putContainerArchive, async ({ params, query, bytes, signal }) => {
			const options = {
				noOverwriteDirNonDir: query.noOverwriteDirNonDir ?? false,
				copyUidGid: query.copyUIDGID ?? false,
			};
			await containers.archivePut(params["id"]!, pathOf(query), bytes, options, signal);
			return empty(200);
		}),
		route(
			api.imageCommit,
			async ({ query, body }) => {
				if (!query.container)
					throw new EngineError("invalid_argument", "commit needs the parameter container");
				const answer = await containers.commit(query.container, {
					repo: query.repo ?? "",
					tag: query.tag ?? "",
					comment: query.comment ?? "",
					author: query.author ?? "",
					pause: query.pause ?? true,
					changes: (query.changes ?? [])
						.flatMap((change) => change.split("\n"))
						.filter((line) => line !== ""),
					config: body,
				});
				return json(answer, 201);
			},
			{ bodyOptional: true },
		),
	];
}

function attachRequest(query: api.QueryOf<typeof api.containerAttach>): AttachRequest {
	return {
		stdin: query.stdin ?? false,
		stdout: query.stdout ?? false,
		stderr: query.stderr ?? false,
		logs: query.logs ?? false,
		stream: query.stream ?? false,
		detachKeys: query.detachKeys ?? "",
	};
}

function logsRequest(query: api.QueryOf<typeof api.containerLogs>): LogsRequest {
	if (!query.stdout && !query.stderr)
		throw new EngineError("invalid_argument", "Bad parameters: you must choose at least one stream");
	return {
		stdout: query.stdout ?? false,
		stderr: query.stderr ?? false,
		follow: query.follow ?? false,
		since: timeOf("since", query.since),
		until: timeOf("until", query.until),
		timestamps: query.timestamps ?? false,
		details: query.details ?? false,
		tail: tailOf(query.tail),
	};
}

/** A time as the API carries it, `seconds.nanos`; `undefined` for none. Zero is none for Docker's clients. */
export function timeOf(name: string, text: string | undefined): bigint | undefined {
	if (text === undefined || text === "" || text === "0") return undefined;
	const nanos = parseUnixTime(text);
	if (nanos === undefined)
		throw new EngineError("invalid_argument", `invalid value for ${name}: ${JSON.stringify(text)}`);
	return nanos;
}

/** What is no number is all lines, as with Docker. */
function tailOf(text: string | undefined): number | undefined {
	return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

async function* waitAnswer(finish: () => Promise<api.ContainerWaitResponse>): AsyncGenerator<string> {
	try {
		yield JSON.stringify(await finish());
	} catch (error) {
		if (!isEngineError(error) || error.code === "cancelled") throw error;
		// The status is out already, so the error goes where clients of a wait look for it.
		yield JSON.stringify({ StatusCode: 125, Error: { Message: error.message } });
	}
}

async function* documents(readings: AsyncIterable<unknown>): AsyncGenerator<string> {
	for await (const reading of readings) yield JSON.stringify(reading);
}

async function firstOf<Item>(items: AsyncIterable<Item>): Promise<Item> {
	for await (const item of items) return item;
	throw new EngineError("unavailable", "the container ended before it could be read");
}

function pathOf(query: { path?: string }): string {
	if (!query.path) throw new EngineError("invalid_argument", "bad parameter: 'path' cannot be empty");
	return query.path;
}

function statHeader(stat: PathStat): Record<string, string> {
	return { "X-Docker-Container-Path-Stat": Buffer.from(JSON.stringify(stat)).toString("base64") };
}
