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
	readonly carrier: Carrier | undefined;
}

/**
 * Carries whole requests and answers over a unix socket, in place of the client's own transport: for runtimes that
 * have something which loads faster. Failing to connect is an error of any kind.
 */
export type Carrier = (
	socketPath: string,
	request: {
		readonly method: string;
		readonly target: string;
		readonly headers: Readonly<Record<string, string>>;
		readonly body: string | undefined;
		readonly signal: AbortSignal | undefined;
	},
) => Promise<{ readonly status: number; readonly text: string }>;

/** `host` as in `DOCKER_HOST`: `unix:///run/hull/hull.sock`, `tcp://127.0.0.1:2375`. */
export function openEngine(
	host: string,
	options: { headers?: Readonly<Record<string, string>>; carrier?: Carrier } = {},
): Engine {
	return { address: parseAddress(host), headers: options.headers ?? {}, carrier: options.carrier };
}
