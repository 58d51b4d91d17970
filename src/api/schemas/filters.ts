import { type Static, Type } from "typebox";

/**
 * Docker's filters as operations carry them in their query: key → values. On the wire it is JSON in one parameter,
 * in this shape or, from old clients, as a map of maps (`{"status":{"exited":true}}`).
 */
export const Filters = Type.Record(Type.String(), Type.Array(Type.String()));
export type Filters = Static<typeof Filters>;
