export type * from "./contract.ts";
export { createBuildkit } from "./create.ts";
