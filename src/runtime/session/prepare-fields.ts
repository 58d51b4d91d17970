import type { TaskSpec } from "../contract.ts";
import type { RequestFields } from "./connection.ts";

/** What PREPARE says of streams and log, whatever the hull. */
export function streamPrepareFields({ spec, terminal, openStdin, stdinOnce, log }: TaskSpec): RequestFields {
	const size = spec.process.consoleSize;
	return [
		["terminal", terminal],
		["stdin", openStdin],
		["stdin-once", stdinOnce],
		["columns", size?.width],
		["rows", size?.height],
		["log-driver", log.driver],
		["log-path", log.driver === "none" ? undefined : log.path],
		["log-max-size", log.maxSizeBytes],
		["log-max-files", log.maxFiles],
		["log-attrs", log.attrs === "" ? undefined : log.attrs],
		["log-exact", log.exact],
		["log-compress", log.gzip],
		["log-shipped", log.shippedPath],
	];
}
