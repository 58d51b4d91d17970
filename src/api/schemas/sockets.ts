import { type Static, Type } from "typebox";

/** A scoped socket. */
export const HullSocket = Type.Object({
	Name: Type.String(),
	Path: Type.String(),
	/** Permission bits in octal. */
	Mode: Type.String(),
	/** `none`: its own rules alone. */
	Role: Type.String(),
	/** `own`: what was created through it; `all`. */
	Scope: Type.String(),
	/** Ids of what may be called. */
	Operations: Type.Array(Type.String()),
	/** How many calls were denied since the engine started. */
	Denied: Type.Integer(),
});
export type HullSocket = Static<typeof HullSocket>;

export const HullSocketExplainRequest = Type.Object({
	/** Id of an operation: `ContainerCreate`. */
	Operation: Type.String(),
	/** The JSON that it would be called with. */
	Body: Type.Optional(Type.Unknown()),
});
export type HullSocketExplainRequest = Static<typeof HullSocketExplainRequest>;

/** What a policy says to a call. */
export const HullSocketDecision = Type.Object({
	Allowed: Type.Boolean(),
	/** By which policies name the operation; absent: no group has it. */
	Group: Type.Optional(Type.String()),
	/** The rule that denies. */
	Rule: Type.Optional(Type.String()),
	Message: Type.String(),
});
export type HullSocketDecision = Static<typeof HullSocketDecision>;
