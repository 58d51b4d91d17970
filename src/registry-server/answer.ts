import type { Exchange } from "../server/index.ts";
import { answerBlob } from "./answer-blob.ts";
import { answerLists } from "./answer-lists.ts";
import { answerManifest } from "./answer-manifest.ts";
import { answerUpload, answerUploads } from "./answer-uploads.ts";
import { authorize } from "./authorize.ts";
import type { RegistryContext } from "./context.ts";
import type { RegistryRequest } from "./contract.ts";
import type { RegistryCall } from "./registry-call.ts";
import { RegistryError, toRegistryError } from "./registry-error.ts";
import { parseRequestPath } from "./request-path.ts";

export interface AnswerOptions {
	readonly readWrite: boolean;
	/** User → bcrypt hash; `undefined` lets anyone in. */
	readonly users: ReadonlyMap<string, string> | undefined;
	readonly onRequest: (request: RegistryRequest) => void;
}

/** Makes the function that answers every request to one registry. It never rejects. */
export function createRegistryAnswerer(
	context: RegistryContext,
	options: AnswerOptions,
): (exchange: Exchange) => Promise<void> {
	return async (exchange) => {
		const start = performance.now();
		let status = 0;
		const watched = { ...exchange, response: watchStatus(exchange.response, (sent) => (status = sent)) };
		const [path = "", search = ""] = exchange.request.target.replace(/^https?:\/\/[^/?]*/i, "").split("?", 2);
		exchange.endMeansGone();
		try {
			await authorize(exchange.request.headers.get("authorization"), options.users);
			await dispatch(context, {
				path: path === "" ? "/" : path,
				query: new URLSearchParams(search),
				exchange: watched,
				readWrite: options.readWrite,
			});
		} catch (error) {
			sendRegistryError(context, watched, error);
		}
		options.onRequest({
			time: new Date().toISOString(),
			method: exchange.request.method,
			path,
			status,
			durationMs: Math.round(performance.now() - start),
		});
	};
}

type Unparsed = Omit<RegistryCall, "path"> & { readonly path: string };

async function dispatch(context: RegistryContext, unparsed: Unparsed): Promise<void> {
	const path = parseRequestPath(unparsed.path);
	if (path === undefined) throw new RegistryError(404, "UNSUPPORTED", "a registry has no such path");
	const { method } = unparsed.exchange.request;
	if (!unparsed.readWrite && method !== "GET" && method !== "HEAD")
		throw new RegistryError(405, "UNSUPPORTED", "this registry is read-only");
	const call = { ...unparsed, path };
	switch (path.kind) {
		case "base":
		case "catalog":
		case "tags":
		case "referrers":
			return answerLists(context, call as RegistryCall<"base" | "catalog" | "tags" | "referrers">);
		case "manifest":
			return answerManifest(context, call as RegistryCall<"manifest">);
		case "blob":
			return answerBlob(context, call as RegistryCall<"blob">);
		case "uploads":
			return answerUploads(context, call as RegistryCall<"uploads">);
		case "upload":
			return answerUpload(context, call as RegistryCall<"upload">);
		default:
			path satisfies never;
	}
}

function sendRegistryError(
	{ log }: RegistryContext,
	{ response, wire, signal }: Exchange,
	thrown: unknown,
): void {
	const { error, bug } = toRegistryError(thrown);
	if (bug && !signal.aborted) log.error("request to the registry failed", { error: thrown });
	if (response.started) {
		wire.destroy();
		return;
	}
	const body = JSON.stringify({ errors: [{ code: error.code, message: error.message, detail: null }] });
	response.send(error.status, { "Content-Type": "application/json", ...error.headers }, body);
}

function watchStatus(
	response: Exchange["response"],
	onStatus: (status: number) => void,
): Exchange["response"] {
	return {
		get started() {
			return response.started;
		},
		get reusable() {
			return response.reusable;
		},
		send(status, headers, body) {
			onStatus(status);
			response.send(status, headers, body);
		},
		start(status, headers) {
			onStatus(status);
			response.start(status, headers);
		},
		write: (...pieces) => response.write(...pieces),
		end: () => response.end(),
		takeOver: (head) => response.takeOver(head),
	};
}
