import type { Engine } from "./engine.ts";
import type { EngineRequest } from "./request.ts";

/** A connection that the engine gave away: raw bytes both ways, each way ending by itself. */
export interface RawStream {
	/** Stdcopy frames, or raw bytes when the process has a terminal. */
	readonly output: AsyncIterable<Buffer>;
	/** Resolves when the connection takes more. Bytes for an engine that has hung up are dropped. */
	write(data: Uint8Array): Promise<void>;
	/** Ends the input; the output goes on. */
	end(): void;
	/** Drops the connection. */
	close(): void;
}

export async function hijack(engine: Engine, request: EngineRequest): Promise<RawStream> {
	const [{ exchange }, { drained }] = await Promise.all([import("./exchange.ts"), import("./drained.ts")]);
	const { socket, body } = await exchange(engine, { ...request, hijack: true });
	return {
		output: body,
		async write(data) {
			if (socket.destroyed || socket.writableEnded) return;
			if (!socket.write(data)) await drained(socket);
		},
		end() {
			if (!socket.destroyed) socket.end();
		},
		close: () => socket.destroy(),
	};
}
