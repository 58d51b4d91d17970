import { type Static, Type } from "typebox";

/** Hull's own. */
export const HullEgress = Type.Object({
	/** Words as in the label `hull.egress`; empty: no policy. */
	Policy: Type.String(),
});
export type HullEgress = Static<typeof HullEgress>;
