import { randomBytes } from "node:crypto";
import type { GuestField } from "./guest-fields.ts";
import type { MachineCard } from "./sandbox.ts";

const seedBytes = 64;

/** What a machine must be told before anything of the user's runs: a restored one has its template's clock and luck. */
export function identityFields(machine: {
	readonly hostname: string;
	readonly domainname: string;
}): GuestField[] {
	return [
		["hostname", machine.hostname === "" ? undefined : machine.hostname],
		["domainname", machine.domainname === "" ? undefined : machine.domainname],
		...clockFields(),
	];
}

/** The time of now, and new randomness: after a restore, and after standing still. */
export function clockFields(): GuestField[] {
	return [
		["time", (BigInt(Date.now()) * 1_000_000n).toString()],
		["seed", randomBytes(seedBytes).toString("hex")],
	];
}

/** What the interface of a card is to be. */
export function cardFields({ number, interfaceName, settings }: MachineCard): GuestField[] {
	const name: GuestField[] = [
		["interface", interfaceName],
		["nic", number],
	];
	if (settings === undefined) return [...name, ["down", true]];
	return [
		...name,
		["mac", settings.macAddress],
		["mtu", settings.mtu],
		...settings.addresses.map((address): GuestField => ["address", address]),
		...settings.gateways.map((gateway): GuestField => ["gateway", gateway]),
	];
}
