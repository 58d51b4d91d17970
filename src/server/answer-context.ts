import type { Logger } from "../lib/index.ts";
import type { ApiVersion } from "./api-version.ts";
import type { Exchange } from "./connection/serve-connection.ts";

/** What is needed to carry an answer out. */
export interface AnswerContext {
	readonly exchange: Exchange;
	readonly version: ApiVersion;
	readonly log: Logger;
}
