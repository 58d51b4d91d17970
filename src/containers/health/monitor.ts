import type { Health } from "../../api/index.ts";

/** Probes a running container and knows how it is. */
export interface HealthMonitor {
	/** As inspect shows it. */
	health(): Health;
	/** No more probes; what is known stays. */
	stop(): void;
}
