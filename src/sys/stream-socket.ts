import { connect, type Socket } from "node:net";

/** Reads and writes a connected stream socket's descriptor, which it takes over. Half-closed until both sides end. */
export function streamSocket(fd: number): Socket {
	// Bun's own option; `new Socket({ fd })` does not read there.
	return connect({ fd, allowHalfOpen: true } as unknown as { path: string });
}
