import { mkdirSync, statSync, unlinkSync } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";
import { EngineError } from "../lib/index.ts";
import type { ListenAddress } from "../server/index.ts";

const firstInherited = 3;

/**
 * Descriptors of the sockets that a service manager passes on (sd_listen_fds(3)); its variables are taken out of the
 * environment, which children inherit.
 */
export function inheritedSockets(environment: NodeJS.ProcessEnv, pid: number): readonly number[] {
	const { LISTEN_PID: owner, LISTEN_FDS: count = "0" } = environment;
	for (const name of ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]) delete environment[name];
	if (owner !== String(pid) || !/^\d{1,3}$/.test(count)) return [];
	return Array.from({ length: Number(count) }, (_, i) => firstInherited + i);
}

/**
 * `unix:///path`, `tcp://address:port`, or `fd://` for all that the service manager listens on. Errors:
 * `invalid_argument`.
 */
export function parseHost(host: string, inherited: readonly number[]): ListenAddress[] {
	if (host !== "fd://") return [parseAddress(host)];
	if (inherited.length > 0) return inherited.map((fd) => ({ fd }));
	throw invalid(host, "no socket was passed on (LISTEN_FDS)");
}

function parseAddress(host: string): ListenAddress {
	if (host.startsWith("unix://")) {
		const path = host.slice("unix://".length);
		if (!path.startsWith("/")) throw invalid(host, "must be unix:///PATH with an absolute path");
		return { path };
	}
	const match = /^tcp:\/\/(\[[0-9a-fA-F:.]+\]|[^:/[\]]+):(\d{1,5})$/.exec(host);
	if (match === null) throw invalid(host, "must be unix:///PATH, tcp://ADDRESS:PORT or fd://");
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
