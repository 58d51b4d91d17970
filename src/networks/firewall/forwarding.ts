import type { Logger } from "../../lib/index.ts";
import { readSysctl, writeSysctl } from "../../sys/index.ts";

const IP_FORWARD = "net/ipv4/ip_forward";

/** Turns forwarding of IPv4 on, which containers need to reach outside. It changes the whole host, so it is said. */
export function ensureForwarding(log: Logger): void {
	if (readSysctl(IP_FORWARD) === "1") return;
	writeSysctl(IP_FORWARD, "1");
	log.warn("IPv4 forwarding was turned on for this host (net.ipv4.ip_forward=1): containers need it");
}
