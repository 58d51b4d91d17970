import type { Health } from "../../api/index.ts";

/** Probes a running container and knows how it is. */
export interface HealthMonitor {
	health(): Health;
	stop(): void;
}
