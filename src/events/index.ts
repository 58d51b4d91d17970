export type * from "./contract.ts";
export { createEvents, type EventsOptions } from "./events.ts";
export { type EventFilters, eventFilter } from "./filter.ts";
