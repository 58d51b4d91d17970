export { newestApiVersion, oldestApiVersion } from "./api-version.ts";
export type * from "./backends.ts";
export { createServer, type ListenAddress, type Server, type ServerOptions } from "./create-server.ts";
export { statusOf } from "./error-table.ts";
export type * from "./trust-backend.ts";
