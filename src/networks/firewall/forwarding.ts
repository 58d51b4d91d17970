import { readdirSync } from "node:fs";
import type { Logger } from "../../lib/index.ts";
import { readSysctl, writeSysctl } from "../../sys/index.ts";
import type { AddressFamily } from "../ipam/address.ts";

const switches = { 4: "net/ipv4/ip_forward", 6: "net/ipv6/conf/all/forwarding" } as const;

/** Turns forwarding on, which containers need to reach outside. It changes the whole host, so it is said. */
export function ensureForwarding(log: Logger, family: AddressFamily): void {
	const name = switches[family];
	const before = readSysctl(name);
	if (before === undefined || before === "1") return;
	if (family === 6) goOnListening();
	writeSysctl(name, "1");
	const setting = `${name.replaceAll("/", ".")}=1`;
	log.warn(`IPv${family} forwarding was turned on for this host (${setting}): containers need it`);
}

/**
 * A host that forwards does not listen to router advertisements any more, unless it is told to all the same: one that
 * has its way out from them would lose it.
 */
function goOnListening(): void {
	const conf = "net/ipv6/conf";
	for (const link of readdirSync(`/proc/sys/${conf}`)) {
		const name = `${conf}/${link}/accept_ra`;
		if (readSysctl(name) === "1") writeSysctl(name, "2");
	}
}
