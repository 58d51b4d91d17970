import type { Exchange } from "../server/index.ts";
import type { RequestPath } from "./request-path.ts";

/** One request with what its path says. */
export interface RegistryCall<Kind extends RequestPath["kind"] = RequestPath["kind"]> {
	readonly path: RequestPath & { kind: Kind };
	readonly query: URLSearchParams;
	readonly exchange: Exchange;
	readonly readWrite: boolean;
}
