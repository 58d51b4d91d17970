import { accessSync, constants } from "node:fs";
import { EngineError, errnoOf } from "../../lib/index.ts";
import { type EngineAddress, formatAddress } from "./address.ts";

/** `unavailable` when nobody listens, `forbidden` when the socket may not be used. */
export function connectionError(address: EngineAddress, cause: unknown): EngineError {
	const where = formatAddress(address);
	const errno = errnoOf(cause);
	if (errno === "EACCES" || errno === "EPERM" || isForbidden(address))
		return new EngineError("forbidden", `permission denied while connecting to the engine at ${where}`, {
			cause,
		});
	return new EngineError("unavailable", `cannot connect to the engine at ${where}`, { cause });
}

/** Not every carrier tells why it could not connect. */
function isForbidden(address: EngineAddress): boolean {
	if (address.kind !== "unix") return false;
	try {
		accessSync(address.path, constants.W_OK);
		return false;
	} catch (error) {
		return errnoOf(error) === "EACCES";
	}
}
