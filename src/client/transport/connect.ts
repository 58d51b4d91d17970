import { connect as connectSocket, type Socket } from "node:net";
import { EngineError, errnoOf } from "../../lib/index.ts";
import { type EngineAddress, formatAddress } from "./address.ts";

/** Opens a connection. `unavailable` when nobody listens, `forbidden` when the socket may not be used. */
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

function connectionError(address: EngineAddress, error: Error): EngineError {
	const where = formatAddress(address);
	const errno = errnoOf(error);
	if (errno === "EACCES" || errno === "EPERM")
		return new EngineError("forbidden", `permission denied while connecting to the engine at ${where}`, {
			cause: error,
		});
	return new EngineError("unavailable", `cannot connect to the engine at ${where}`, { cause: error });
}
