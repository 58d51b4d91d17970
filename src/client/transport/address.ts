import { EngineError } from "../../lib/index.ts";

/** Where an engine listens. */
export type EngineAddress =
	| { readonly kind: "unix"; readonly path: string }
	| { readonly kind: "tcp"; readonly host: string; readonly port: number };

const refusedSchemes = ["ssh", "https", "npipe", "fd"];

/**
 * Reads `unix:///path` or `tcp://host[:2375]`, as in `DOCKER_HOST`. Throws `invalid_argument` for anything else; what
 * Docker has and this client has not (`ssh://`, TLS) is named.
 */
export function parseAddress(text: string): EngineAddress {
	const match = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(text);
	if (match === null) throw invalid(text, "expected unix:///PATH or tcp://HOST:PORT");
	const scheme = match[1]!.toLowerCase();
	const rest = match[2]!;
	if (scheme === "unix") return unixAddress(text, rest);
	if (scheme === "tcp" || scheme === "http") return tcpAddress(text, rest);
	if (refusedSchemes.includes(scheme)) throw invalid(text, `${scheme}:// is not supported`);
	throw invalid(text, `unknown protocol ${scheme}`);
}

function unixAddress(text: string, path: string): EngineAddress {
	if (path === "") throw invalid(text, "the path of the socket is missing");
	return { kind: "unix", path };
}

function tcpAddress(text: string, rest: string): EngineAddress {
	const match = /^(\[[^\]]*\]|[^:/]*)(?::(\d{1,5}))?\/?$/.exec(rest);
	const port = Number(match?.[2] ?? 2375);
	if (match === null || port < 1 || port > 65535) throw invalid(text, "expected tcp://HOST:PORT");
	const host = match[1]!.replace(/^\[|\]$/g, "");
	return { kind: "tcp", host: host === "" ? "localhost" : host, port };
}

function invalid(text: string, why: string): EngineError {
	return new EngineError("invalid_argument", `invalid engine address ${JSON.stringify(text)}: ${why}`);
}

/** The address as the user would write it. */
export function formatAddress(address: EngineAddress): string {
	if (address.kind === "unix") return `unix://${address.path}`;
	const host = address.host.includes(":") ? `[${address.host}]` : address.host;
	return `tcp://${host}:${address.port}`;
}
