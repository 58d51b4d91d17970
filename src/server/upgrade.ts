/** HTTP's own way to another protocol on the same connection (RFC 9110, 7.8): BuildKit's clients ask for `h2c`. */
import { EngineError } from "../lib/index.ts";
import type { AnswerContext } from "./answer-context.ts";
import type { Reply } from "./reply.ts";

/** Resolves when the other protocol is done with the connection. Rejects only when nothing was sent yet. */
export async function upgrade(reply: Reply & { kind: "upgrade" }, options: AnswerContext): Promise<void> {
	const { wire, response, request, signal } = options.exchange;
	const { protocol } = reply;
	if (request.upgrade !== protocol)
		throw new EngineError(
			"invalid_argument",
			request.upgrade === undefined
				? `no upgrade proto in request: ${protocol} is needed`
				: `protocol ${request.upgrade} not supported: ${protocol} is needed`,
		);
	response.takeOver(`HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`);
	const socket = wire.detach();
	try {
		await reply.serve(socket, signal);
	} catch (error) {
		options.log.error(`${protocol} connection failed`, { error });
	} finally {
		socket.destroy();
	}
}
