import type { Container } from "../container.ts";

/**
 * Waits until nothing of the container's last run is left. Clients that read its output slowly may have kept it until
 * now; those that read nothing for 10 s no longer do.
 */
export async function awaitLeaving(container: Container): Promise<void> {
	container.cutOff?.();
	await container.leaving;
}
