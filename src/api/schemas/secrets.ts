import { type Static, Type } from "typebox";

const Labels = Type.Record(Type.String(), Type.String());

/** One secret or config of a container, and where it is found there. */
export const HullAttachment = Type.Object({
	/** Name or id; answers have both. */
	Name: Type.String(),
	ID: Type.Optional(Type.String()),
	/** A path, or a name below `/run/secrets` (of a config: below `/`). Default: its name. */
	Target: Type.Optional(Type.String()),
	UID: Type.Optional(Type.Integer()),
	GID: Type.Optional(Type.Integer()),
	/** Permission bits; 0444 when absent. */
	Mode: Type.Optional(Type.Integer()),
	/** Given in this environment variable instead of a file. */
	Env: Type.Optional(Type.String()),
});
export type HullAttachment = Static<typeof HullAttachment>;

export const HullSecretCreateRequest = Type.Object({
	Name: Type.String(),
	Labels: Type.Optional(Labels),
	/** Base64. */
	Data: Type.String(),
});
export type HullSecretCreateRequest = Static<typeof HullSecretCreateRequest>;

/** What is left out stays. */
export const HullSecretUpdateRequest = Type.Object({
	Labels: Type.Optional(Labels),
	Data: Type.Optional(Type.String()),
});
export type HullSecretUpdateRequest = Static<typeof HullSecretUpdateRequest>;

/** A secret or config. */
export const HullSecret = Type.Object({
	ID: Type.String(),
	Version: Type.Object({ Index: Type.Integer() }),
	CreatedAt: Type.String(),
	UpdatedAt: Type.String(),
	Spec: Type.Object({
		Name: Type.String(),
		Labels,
		/** Of configs alone, and only when one is asked for: base64. */
		Data: Type.Optional(Type.String()),
	}),
	/** Names of the containers that get it. */
	UsedBy: Type.Array(Type.String()),
});
export type HullSecret = Static<typeof HullSecret>;
