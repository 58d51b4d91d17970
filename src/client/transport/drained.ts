import type { Socket } from "node:net";

/** Resolves when the socket takes more, or will never do so again. */
export function drained(socket: Socket): Promise<void> {
	const { promise, resolve } = Promise.withResolvers<void>();
	const done = () => {
		socket.off("drain", done);
		socket.off("close", done);
		resolve();
	};
	socket.on("drain", done);
	socket.on("close", done);
	if (socket.destroyed) done();
	return promise;
}
