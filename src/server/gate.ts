import type { Reply } from "./reply.ts";

/** Stands before the calls of one socket. */
export interface Gate {
	/** One call has come. `descriptor`: of the connection, for who is at its other end. */
	arrive(descriptor: number | undefined): Arrival;
}

export interface Arrival {
	/** Throws when the operation may not be called. */
	admit(operation: string): void;
	/** It was answered, or failed with this. May be told a failure after an answer that streams. */
	settled(operation: string, error?: unknown): void;
}

/** A reply whose late failures are told as well. */
export function watched(reply: Reply, failed: (error: unknown) => void): Reply {
	if (reply.kind !== "progress") return reply;
	return {
		...reply,
		async run(emit) {
			try {
				await reply.run(emit);
			} catch (error) {
				failed(error);
				throw error;
			}
		},
	};
}
