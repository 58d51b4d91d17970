import type { Message } from "../wire/message.ts";
import { GrpcError, statusCodes } from "./status.ts";

/** A message of the other side. What is none is its mistake: `GrpcError`. */
export function decodeMessage<Value>(message: Message<Value>, bytes: Uint8Array): Value {
	try {
		return message.decode(bytes);
	} catch (error) {
		throw new GrpcError(statusCodes.invalidArgument, "the message is malformed", { cause: error });
	}
}
