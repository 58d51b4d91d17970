import type { RegistryServeRequest, ServedRegistry } from "../api/index.ts";

/** The engine's own registries, as their routes want them. */
export interface RegistryBackend {
	/**
	 * Serves; gives the lines of the answer: the registry, then its requests. It stops when the lines are left or the
	 * signal aborts, unless it was asked to serve on.
	 */
	serve(request: RegistryServeRequest, signal: AbortSignal): Promise<AsyncIterable<object>>;
	list(): Promise<ServedRegistry[]>;
	stop(address: string): Promise<void>;
}
