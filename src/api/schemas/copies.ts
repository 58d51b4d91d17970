import { type Static, Type } from "typebox";

export const HullForkRequest = Type.Object({
	/** How many; 1 when absent. */
	Count: Type.Optional(Type.Integer()),
	/** Of the fork; of several, they are `<Name>-1`, `<Name>-2`, … */
	Name: Type.Optional(Type.String()),
});
export type HullForkRequest = Static<typeof HullForkRequest>;

export const HullCopy = Type.Object({ Id: Type.String(), Name: Type.String() });
export type HullCopy = Static<typeof HullCopy>;

export const HullForkResponse = Type.Object({ Containers: Type.Array(HullCopy) });
export type HullForkResponse = Static<typeof HullForkResponse>;

export const HullNameRequest = Type.Object({ Name: Type.Optional(Type.String()) });
export type HullNameRequest = Static<typeof HullNameRequest>;

export const HullSnapshot = Type.Object({
	Id: Type.String(),
	Name: Type.String(),
	/** RFC 3339 with nanoseconds. */
	Created: Type.String(),
	/** The container's id and name at that moment. */
	Container: Type.String(),
	ContainerName: Type.String(),
	Image: Type.String(),
});
export type HullSnapshot = Static<typeof HullSnapshot>;
