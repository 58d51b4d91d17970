export { newestApiVersion, oldestApiVersion } from "./api-version.ts";
export type * from "./backends.ts";
export type { HeaderFields, Response } from "./connection/response.ts";
export type { Exchange } from "./connection/serve-connection.ts";
export { createServer, type Server, type ServerOptions } from "./create-server.ts";
export { answerToError, statusOf } from "./error-table.ts";
export { createHttpServer, type HttpServer, type ListenAddress } from "./http-server.ts";
export type * from "./trust-backend.ts";
export type * from "./upkeep-backend.ts";
