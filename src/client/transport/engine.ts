import { type EngineAddress, parseAddress } from "./address.ts";

/**
 * An engine to talk to: the first argument of every operation. Nothing is connected until an operation runs; each
 * operation has a connection of its own, because streams keep theirs and a unix socket costs microseconds.
 *
 * Paths are sent without a version prefix, which every engine answers in its newest version: there is nothing to
 * negotiate and no round trip before the first request.
 */
export interface Engine {
	readonly address: EngineAddress;
	/** Sent with every request. */
	readonly headers: Readonly<Record<string, string>>;
}

/** `host` as in `DOCKER_HOST`: `unix:///run/hull/hull.sock`, `tcp://127.0.0.1:2375`. */
export function openEngine(host: string, headers: Readonly<Record<string, string>> = {}): Engine {
	return { address: parseAddress(host), headers };
}
