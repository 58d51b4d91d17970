import type { Socket } from "node:net";

/** Until there is room, or the other side is gone. */
export function drained(input: Socket): Promise<void> {
	const { promise, resolve } = Promise.withResolvers<void>();
	const done = () => {
		input.off("drain", done);
		input.off("close", done);
		resolve();
	};
	input.once("drain", done);
	input.once("close", done);
	return promise;
}
