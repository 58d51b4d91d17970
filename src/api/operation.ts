import type { Static, TSchema } from "typebox";

/**
 * One operation of the Engine API as data. Routes, the client, shell help and the API page are made from these; the
 * set of all operations is `operations` in `operations/index.ts`.
 */
export interface Operation<
	Query extends TSchema = TSchema,
	Body extends TSchema = TSchema,
	Result extends TSchema = TSchema,
> {
	/** Name in the Engine API reference: `ContainerCreate`. */
	readonly id: string;
	readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
	/** Without version prefix; `:id`, `:name` as path parameters. */
	readonly path: string;
	/** First API version that has it; oldest served is 1.24. */
	readonly since: string;
	readonly query: Query;
	/** JSON body; `undefined` when there is none or it is a stream. */
	readonly body?: Body;
	/** JSON result; `undefined` for streams and empty answers. */
	readonly result?: Result;
	/** What the answer or body is when it is not one JSON document. */
	readonly stream?: "hijack" | "progress" | "raw" | "json-lines";
	/** Status of success. */
	readonly status: number;
	/** Named when Hull does not serve it yet: answered 501 with this text. */
	readonly pending?: string;
}

export function operation<Query extends TSchema, Body extends TSchema, Result extends TSchema>(
	definition: Operation<Query, Body, Result>,
): Operation<Query, Body, Result> {
	return definition;
}

export type QueryOf<O> = O extends Operation<infer Q, TSchema, TSchema> ? Static<Q> : never;
export type BodyOf<O> = O extends Operation<TSchema, infer B, TSchema> ? Static<B> : never;
export type ResultOf<O> = O extends Operation<TSchema, TSchema, infer R> ? Static<R> : never;
