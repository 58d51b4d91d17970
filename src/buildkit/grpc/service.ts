/** Calls that we serve, as data: a path, how its messages are read and written, and what answers it. */
import type { Message } from "../wire/message.ts";
import { decodeMessage } from "./decode.ts";

export interface IncomingCall {
	/** Lower-case names; of repeated fields the first. */
	readonly metadata: ReadonlyMap<string, string>;
	/** Aborts when the caller cancels or is gone. */
	readonly signal: AbortSignal;
}

export interface Method {
	/** `/package.Service/Method` */
	readonly path: string;
	/** Answers with any number of encoded messages; the last thing that happens is the status. */
	readonly serve: (requests: AsyncIterable<Uint8Array>, call: IncomingCall) => AsyncIterable<Uint8Array>;
}

/** One message in, one out. */
export function unary<Request, Response>(
	path: string,
	messages: { readonly request: Message<Request>; readonly response: Message<Response> },
	answer: (request: Request, call: IncomingCall) => Promise<Partial<Response>> | Partial<Response>,
): Method {
	return {
		path,
		async *serve(requests, call) {
			const request = decodeMessage(messages.request, await onlyOne(requests));
			yield messages.response.encode(await answer(request, call));
		},
	};
}

/** One message in, any number out. */
export function streaming<Request, Response>(
	path: string,
	messages: { readonly request: Message<Request>; readonly response: Message<Response> },
	answer: (request: Request, call: IncomingCall) => AsyncIterable<Partial<Response>>,
): Method {
	return {
		path,
		async *serve(requests, call) {
			const request = decodeMessage(messages.request, await onlyOne(requests));
			for await (const response of answer(request, call)) yield messages.response.encode(response);
		},
	};
}

/** The first message; what a client sends beyond it is of no call that we know. */
async function onlyOne(requests: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
	for await (const request of requests) return request;
	return new Uint8Array();
}
