import { type Static, Type } from "typebox";

/** What a registry of the engine's own is to be. Hull's own. */
export const RegistryServeRequest = Type.Object({
	/** `127.0.0.1:5000`, `[::1]:5000`; port 0 chooses a free one. */
	Listen: Type.Optional(Type.String()),
	/** Take pushes and deletions. */
	ReadWrite: Type.Optional(Type.Boolean()),
	/** PEM, both or none. */
	TlsCert: Type.Optional(Type.String()),
	TlsKey: Type.Optional(Type.String()),
	/** Content of an htpasswd file with bcrypt hashes. */
	Htpasswd: Type.Optional(Type.String()),
	/** Serve on after the client has gone. */
	Detach: Type.Optional(Type.Boolean()),
});
export type RegistryServeRequest = Static<typeof RegistryServeRequest>;

export const ServedRegistry = Type.Object({
	Address: Type.String(),
	Url: Type.String(),
	ReadWrite: Type.Boolean(),
	Tls: Type.Boolean(),
	Auth: Type.Boolean(),
	/** RFC 3339. */
	Since: Type.String(),
});
export type ServedRegistry = Static<typeof ServedRegistry>;

/** One line of the stream that follows: a request that was answered. */
export const RegistryRequestLine = Type.Object({
	Time: Type.String(),
	Method: Type.String(),
	Path: Type.String(),
	Status: Type.Integer(),
	DurationMs: Type.Integer(),
});
export type RegistryRequestLine = Static<typeof RegistryRequestLine>;
