import { existsSync } from "node:fs";
import { readPolicies, type SocketPolicy } from "../../policy/index.ts";

const defaultFile = "/etc/hull/sockets.json";

/** The policies of a file that was named, or of the usual one, which need not be there. Errors: `invalid_argument`. */
export function socketPolicies(path: string | undefined): SocketPolicy[] {
	if (path === undefined && !existsSync(defaultFile)) return [];
	return readPolicies(path ?? defaultFile);
}
