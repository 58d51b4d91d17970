import { RegistryError } from "./registry-error.ts";

/** For methods that a path does not have. */
export function methodNotAllowed(method: string): RegistryError {
	return new RegistryError(405, "UNSUPPORTED", `the method ${method} is not supported here`);
}
