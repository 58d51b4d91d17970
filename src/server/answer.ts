/** From a request to its answer: version gate, route, decoding, the route's handler, reply or error. */
import { EngineError, type Logger } from "../lib/index.ts";
import { type ApiVersion, isBefore, newestApiVersion, takeVersion } from "./api-version.ts";
import type { Exchange } from "./connection/serve-connection.ts";
import { decodeJsonBody } from "./decode/json-body.ts";
import { decodeQuery } from "./decode/query.ts";
import { pageNotFound } from "./error-table.ts";
import { type Gate, watched } from "./gate.ts";
import type { Call, Route } from "./route.ts";
import { createRouter } from "./router.ts";
import { sendError, sendReply } from "./send-reply.ts";

/** Makes the function that answers every request. It never rejects. */
export function createAnswerer(
	routes: readonly Route[],
	log: Logger,
	gate?: Gate,
): (exchange: Exchange) => Promise<void> {
	const find = createRouter(routes);
	return async (exchange) => {
		let version: ApiVersion = newestApiVersion;
		const arrival = gate?.arrive(exchange.descriptor);
		let operation = "";
		try {
			const target = splitTarget(exchange.request.target);
			const taken = takeVersion(target.path);
			version = taken.version;
			const match = find(exchange.request.method, taken.path);
			if (match === undefined || isBefore(version, match.target.operation.since)) throw pageNotFound();
			operation = match.target.operation.id;
			arrival?.admit(operation);
			if (match.target.operation.stream !== "hijack") exchange.endMeansGone();
			const call = await readCall(match.target, exchange, { version, search: target.search, log });
			const reply = await match.target.handle({ ...call, params: match.params });
			if (arrival === undefined) return await sendReply(reply, { exchange, version, log });
			arrival.settled(operation);
			const guarded = watched(reply, (error) => arrival.settled(operation, error));
			await sendReply(guarded, { exchange, version, log });
		} catch (error) {
			arrival?.settled(operation, error);
			sendError(error, { exchange, version, log });
		}
	};
}

async function readCall(
	route: Route,
	exchange: Exchange,
	context: { version: ApiVersion; search: URLSearchParams; log: Logger },
): Promise<Omit<Call, "params">> {
	const { operation } = route;
	const query = decodeQuery(operation.query, context.search);
	const decoded =
		operation.body === undefined || operation.pending !== undefined
			? { value: undefined, unknownFields: [] }
			: await decodeJsonBody(operation.body, exchange.request, exchange.body);
	if (
		decoded.value === undefined &&
		operation.body !== undefined &&
		!route.bodyOptional &&
		!operation.pending
	)
		throw new EngineError("invalid_argument", "invalid JSON: got EOF while reading request body");
	return {
		query,
		body: decoded.value as never,
		unknownFields: decoded.unknownFields,
		bytes: exchange.body,
		version: context.version,
		headers: exchange.request.headers,
		signal: exchange.signal,
		log: context.log,
	};
}

/** Path and query of a request target, which may be an absolute URL (RFC 9112, 3.2.2). */
function splitTarget(target: string): { path: string; search: URLSearchParams } {
	const relative = target.replace(/^https?:\/\/[^/?]*/i, "");
	const mark = relative.indexOf("?");
	const path = mark === -1 ? relative : relative.slice(0, mark);
	return {
		// Clients put names with their leading slash into paths.
		path: path.replace(/\/{2,}/g, "/"),
		search: new URLSearchParams(mark === -1 ? "" : relative.slice(mark + 1)),
	};
}
