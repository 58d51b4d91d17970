export { admit } from "./admit.ts";
export type { SocketPolicy } from "./contract.ts";
export { PolicyDenial } from "./denial.ts";
export { type Explanation, explain } from "./explain.ts";
export { guardBackends } from "./guard/backends.ts";
export { guardBuilder, guardContexts } from "./guard/builds.ts";
export type { GuardRooms } from "./guard/rooms.ts";
export { parsePolicies, readPolicies } from "./read-policies.ts";
