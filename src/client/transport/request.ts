import { formatAddress } from "./address.ts";
import type { Engine } from "./engine.ts";

/** A request before it is sent. */
export interface EngineRequest {
	readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
	/** Without query; segments already escaped. */
	readonly path: string;
	readonly query?: Query;
	readonly headers?: Readonly<Record<string, string>>;
	/** A JSON document, or bytes as they come (chunked). */
	readonly body?: { readonly json: unknown } | { readonly stream: AsyncIterable<Uint8Array> };
	/** Asks for the connection itself (`Upgrade: tcp`). */
	readonly hijack?: boolean;
	readonly signal?: AbortSignal;
}

/** `undefined` and `false` are left out; lists repeat the key; objects are sent as JSON (filters). */
export type Query = Readonly<Record<string, QueryValue>>;
type QueryValue = string | number | boolean | readonly string[] | object | undefined;

/** Docker's filters: key → values. */
export type Filters = Readonly<Record<string, readonly string[]>>;

/** One path segment of a name or id that the user wrote. */
export function segment(text: string): string {
	return encodeURIComponent(text);
}

/** An image reference in a path: its slashes stay, as every client sends them. */
export function referencePath(reference: string): string {
	return reference.split("/").map(encodeURIComponent).join("/").replaceAll("%3A", ":").replaceAll("%40", "@");
}

export function formatQuery(query: Query = {}): string {
	const parameters = new URLSearchParams();
	for (const [key, value] of Object.entries(query)) appendParameter(parameters, key, value);
	const text = parameters.toString();
	return text === "" ? "" : `?${text}`;
}

function appendParameter(parameters: URLSearchParams, key: string, value: QueryValue): void {
	if (value === undefined || value === false) return;
	if (value === true) parameters.append(key, "1");
	else if (Array.isArray(value)) for (const item of value) parameters.append(key, item);
	else if (typeof value !== "object") parameters.append(key, String(value));
	else if (Object.keys(value).length > 0) parameters.append(key, JSON.stringify(value));
}

/** Path and query of a request. */
export function requestTarget({ path, query }: EngineRequest): string {
	return `${path}${formatQuery(query)}`;
}

/** The request's own headers and its body when it is a JSON document: what every carrier sends. */
export function requestContent(
	engine: Engine,
	{ headers, body }: EngineRequest,
): { headers: Record<string, string>; json: string | undefined } {
	const json = body !== undefined && "json" in body ? JSON.stringify(body.json) : undefined;
	const all: Record<string, string> = { ...engine.headers, ...headers };
	if (json !== undefined) all["Content-Type"] = "application/json";
	return { headers: all, json };
}

/** The request's head and, when it is a JSON document, its body, for a connection of its own. */
export function formatRequest(engine: Engine, request: EngineRequest): string {
	const { headers, json } = requestContent(engine, request);
	headers["Host"] = hostHeader(engine);
	if (json !== undefined) headers["Content-Length"] = String(Buffer.byteLength(json));
	else if (request.body !== undefined) {
		headers["Content-Type"] ??= "application/x-tar";
		headers["Transfer-Encoding"] = "chunked";
	} else if (request.method !== "GET" && request.method !== "HEAD") headers["Content-Length"] = "0";
	headers["Connection"] = request.hijack ? "Upgrade" : "close";
	if (request.hijack) headers["Upgrade"] = "tcp";
	const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
	return `${request.method} ${requestTarget(request)} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${json ?? ""}`;
}

function hostHeader(engine: Engine): string {
	return engine.address.kind === "unix" ? "hull" : formatAddress(engine.address).slice("tcp://".length);
}
