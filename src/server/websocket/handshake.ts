/** A websocket's opening handshake, the server's side of it (RFC 6455, 4.2). No extension is ever agreed on. */
import { createHash } from "node:crypto";
import { EngineError } from "../../lib/index.ts";

export interface Handshake {
	/** The answer's `Sec-WebSocket-Accept`. */
	readonly accept: string;
	/** The subprotocol that the client asked for, if it was one: browsers fail when none is chosen. */
	readonly protocol: string | undefined;
}

/**
 * Reads what a client asks with. Errors: `invalid_argument` for what is no handshake of version 13, `forbidden` for
 * one that a web page of another host makes: browsers let pages connect anywhere, and say for whom they do.
 */
export function readHandshake(headers: ReadonlyMap<string, string>): Handshake {
	if (!hasToken(headers.get("connection"), "upgrade") || !hasToken(headers.get("upgrade"), "websocket"))
		throw new EngineError("invalid_argument", "no websocket: Upgrade: websocket is needed");
	const version = headers.get("sec-websocket-version");
	if (version !== "13")
		throw new EngineError("invalid_argument", `websocket version ${version ?? "(none)"}: 13 is needed`);
	const key = headers.get("sec-websocket-key") ?? "";
	// 16 bytes in base64.
	if (!/^[A-Za-z0-9+/]{21}[AQgw]==$/.test(key))
		throw new EngineError("invalid_argument", "malformed Sec-WebSocket-Key header");
	refuseForeignPage(headers);
	const protocol = headers.get("sec-websocket-protocol");
	return {
		accept: createHash("sha1").update(`${key}${guid}`).digest("base64"),
		protocol: protocol !== undefined && token.test(protocol) ? protocol : undefined,
	};
}

/** The text that the protocol has for its name in digests (RFC 6455, 1.3). */
const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;

function hasToken(field: string | undefined, wanted: string): boolean {
	return (field ?? "").split(",").some((part) => part.trim().toLowerCase() === wanted);
}

/** Clients that are no browsers mostly send no origin, or the host that they connect to. */
function refuseForeignPage(headers: ReadonlyMap<string, string>): void {
	const origin = headers.get("origin");
	if (origin === undefined) return;
	const host = (headers.get("host") ?? "").toLowerCase();
	if (origin.toLowerCase().replace(/^[a-z][a-z0-9+.-]*:\/\//, "") !== host)
		throw new EngineError(
			"forbidden",
			`websocket from a page of ${origin}, which is not this host (${host})`,
		);
}
