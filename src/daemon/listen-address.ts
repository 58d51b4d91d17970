import { mkdirSync, statSync, unlinkSync } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";
import { EngineError } from "../lib/index.ts";
import type { ListenAddress } from "../server/index.ts";

/** `unix:///path` or `tcp://address:port`. Errors: `invalid_argument`. */
export function parseHost(host: string): ListenAddress {
	if (host.startsWith("unix://")) {
		const path = host.slice("unix://".length);
		if (!path.startsWith("/")) throw invalid(host, "must be unix:///PATH with an absolute path");
		return { path };
	}
	const match = /^tcp:\/\/(\[[0-9a-fA-F:.]+\]|[^:/[\]]+):(\d{1,5})$/.exec(host);
	if (match === null) throw invalid(host, "must be unix:///PATH or tcp://ADDRESS:PORT");
	const port = Number(match[2]);
	if (port > 65535) throw invalid(host, "the port is out of range");
	return { host: match[1]!.replace(/^\[|\]$/g, ""), port };
}

/**
 * Makes room for a unix socket: removes the one that a daemon that died has left, and refuses to take one away that
 * somebody listens on, or a file that is none.
 */
export async function clearSocket(path: string): Promise<void> {
	mkdirSync(dirname(path), { recursive: true, mode: 0o711 });
	const stat = statSync(path, { throwIfNoEntry: false });
	if (stat === undefined) return;
	if (!stat.isSocket())
		throw new EngineError("conflict", `unix://${path}: a file that is no socket is there`);
	if (await isServed(path))
		throw new EngineError("conflict", `unix://${path}: another program listens there`);
	unlinkSync(path);
}

function isServed(path: string): Promise<boolean> {
	const { promise, resolve } = Promise.withResolvers<boolean>();
	const socket = connect({ path });
	socket.once("connect", () => resolve(true));
	socket.once("error", () => resolve(false));
	return promise.finally(() => socket.destroy());
}

function invalid(host: string, reason: string): EngineError {
	return new EngineError("invalid_argument", `--host ${host}: ${reason}`);
}
