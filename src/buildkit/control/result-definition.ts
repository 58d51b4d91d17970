/**
 * Results in the form in which clients hand them from one build to another: a definition (LLB) of one source. What is
 * in it is ours alone; clients look for no more than its shape (`NewDefinitionOp` of BuildKit's client).
 */
import { createHash } from "node:crypto";
import { EngineError } from "../../lib/index.ts";
import { type Definition, Op } from "../proto/types.ts";
import type { Decoded } from "../wire/message.ts";

const scheme = "hull-result://";
/** Definitions of others are refused; this is so much of one as is looked at. */
const maxOps = 10_000;

export function resultDefinition(id: string): Decoded<typeof Definition> {
	const source = Op.encode({ source: { identifier: `${scheme}${id}` } });
	const digest = digestOf(source);
	// Clients take one without a word on its steps for empty.
	return { def: [source, Op.encode({ inputs: [{ digest }] })], metadata: new Map([[digest, {}]]) };
}

/** The id that a definition of ours was made of. Errors: `not_implemented` for any other definition. */
export function resultOfDefinition({ def = [] }: Partial<Decoded<typeof Definition>>): string {
	const last = def.at(-1);
	if (last === undefined || def.length > maxOps) throw foreign();
	const [input] = decoded(last).inputs;
	const source = def.find((op) => digestOf(op) === input?.digest);
	const identifier = source === undefined ? "" : (decoded(source).source?.identifier ?? "");
	if (!/^hull-result:\/\/[0-9a-f]{32}$/.test(identifier)) throw foreign();
	return identifier.slice(scheme.length);
}

function decoded(bytes: Uint8Array): Decoded<typeof Op> {
	try {
		return Op.decode(bytes);
	} catch (error) {
		throw new EngineError("invalid_argument", "the definition is malformed", { cause: error });
	}
}

function foreign(): EngineError {
	return new EngineError(
		"not_implemented",
		"a definition (LLB) that is no result of another build is not supported",
	);
}

function digestOf(op: Uint8Array): string {
	return `sha256:${createHash("sha256").update(op).digest("hex")}`;
}
