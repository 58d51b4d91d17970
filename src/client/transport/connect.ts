import { connect as connectSocket, type Socket } from "node:net";
import { EngineError } from "../../lib/index.ts";
import type { EngineAddress } from "./address.ts";
import { connectionError } from "./connection-error.ts";

/** Opens a connection. Errors: {@link connectionError}. */
export function connect(address: EngineAddress, signal: AbortSignal | undefined): Promise<Socket> {
	const { promise, resolve, reject } = Promise.withResolvers<Socket>();
	const target =
		address.kind === "unix" ? { path: address.path } : { host: address.host, port: address.port };
	const socket = connectSocket({ ...target, allowHalfOpen: true });
	const onAbort = () => {
		socket.destroy();
		reject(new EngineError("cancelled", "the request was cancelled", { cause: signal?.reason }));
	};
	if (signal?.aborted) onAbort();
	signal?.addEventListener("abort", onAbort, { once: true });
	socket.once("connect", () => {
		socket.removeAllListeners("error");
		signal?.removeEventListener("abort", onAbort);
		resolve(socket);
	});
	socket.once("error", (error) => {
		signal?.removeEventListener("abort", onAbort);
		reject(connectionError(address, error));
	});
	return promise;
}
