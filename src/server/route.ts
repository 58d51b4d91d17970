import type { TSchema } from "typebox";
import type { BodyOf, Operation, QueryOf } from "../api/index.ts";
import type { Logger } from "../lib/index.ts";
import type { ApiVersion } from "./api-version.ts";
import type { Reply } from "./reply.ts";

/** One call of an operation, decoded. */
export interface Call<Of extends Operation = Operation> {
	readonly params: Readonly<Record<string, string>>;
	readonly query: QueryOf<Of>;
	/** The JSON body; only for operations that have one. */
	readonly body: BodyOf<Of>;
	/** Fields of the body that have a value and are not known. */
	readonly unknownFields: readonly string[];
	/** The body's bytes, for operations whose body is a stream. */
	readonly bytes: AsyncIterable<Uint8Array>;
	readonly version: ApiVersion;
	readonly headers: ReadonlyMap<string, string>;
	/** Aborts when the client is gone. */
	readonly signal: AbortSignal;
	readonly log: Logger;
}

export interface Route {
	readonly operation: Operation;
	/** The body may be left out. */
	readonly bodyOptional: boolean;
	readonly handle: (call: Call) => Promise<Reply>;
}

/** Binds an operation to what answers it. */
export function route<Query extends TSchema, Body extends TSchema, Result extends TSchema>(
	operation: Operation<Query, Body, Result>,
	handle: (call: Call<Operation<Query, Body, Result>>) => Promise<Reply>,
	options: { readonly bodyOptional?: boolean } = {},
): Route {
	return {
		operation: operation as unknown as Operation,
		bodyOptional: options.bodyOptional ?? false,
		handle: handle as unknown as (call: Call) => Promise<Reply>,
	};
}
