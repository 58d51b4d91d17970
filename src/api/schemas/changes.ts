import { type Static, Type } from "typebox";
import { HealthConfig } from "./container-config.ts";
import { PortMap } from "./host-config.ts";

/** Hull's own. What is absent stays as it is. */
export const HullChanges = Type.Object({
	PublishAdd: Type.Optional(PortMap),
	/** Bindings that lack an address or a port of the host mean every one of that port. */
	PublishRemove: Type.Optional(PortMap),
	/** `NAME=VALUE`. */
	EnvAdd: Type.Optional(Type.Array(Type.String())),
	/** Names. */
	EnvRemove: Type.Optional(Type.Array(Type.String())),
	LabelsAdd: Type.Optional(Type.Record(Type.String(), Type.String())),
	LabelsRemove: Type.Optional(Type.Array(Type.String())),
	/** Members that are given replace those that are there. */
	Healthcheck: Type.Optional(HealthConfig),
	/** As the annotation `hull.health.on-failure`. */
	HealthOnFailure: Type.Optional(Type.String()),
});
export type HullChanges = Static<typeof HullChanges>;

/** Hull's own: what was changed, `publish`, `env`, `label`, `health`, by when it holds. */
export const HullChangesAnswer = Type.Object({
	Applied: Type.Array(Type.String()),
	AtNextStart: Type.Array(Type.String()),
});
export type HullChangesAnswer = Static<typeof HullChangesAnswer>;
