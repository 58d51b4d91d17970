import { EngineError, errnoOf } from "../../../lib/index.ts";
import {
	addAddress,
	createBridge,
	decodeAddress,
	decodeLink,
	deleteAddress,
	getAddresses,
	getLink,
	type Link,
	type LinkAddress,
	openRouteSocket,
	type RouteSocket,
	setLink,
	writeSysctl,
} from "../../../sys/index.ts";
import { addressBytes, addressFromBytes } from "../../ipam/address.ts";
import type { Pool } from "../../ipam/pool.ts";
import { parseSubnet, type Subnet, subnetContains } from "../../ipam/subnet.ts";
import { macAddressFor } from "../../mac-address.ts";
import { broadcastFor } from "../broadcast.ts";
import type { BridgeSettings } from "./settings.ts";

/** The kernel gives every link an address of its own in it. */
const linkLocal = parseSubnet("fe80::/10")!;

/**
 * Makes the bridge as it should be, whatever is there of it: missing, half made by an engine that was killed, with
 * the address of an earlier data root. Errors: `conflict` when a link of another kind has its name.
 */
export async function ensureBridge(settings: BridgeSettings): Promise<Link> {
	using route = openRouteSocket();
	const link = (await findLink(route, settings.linkName)) ?? (await makeBridge(route, settings));
	if (link.kind !== "bridge")
		throw new EngineError("conflict", `the link ${settings.linkName} is not a bridge; rename or delete it`);
	setIpv6(settings);
	await ensureAddresses(route, link, settings);
	if (!link.up) await route.requestInBackground([setLink({ index: link.index, up: true })]);
	return link;
}

/** A link of the host by its name. */
export async function findLink(route: RouteSocket, name: string): Promise<Link | undefined> {
	try {
		const [answer] = await route.requestInBackground([getLink(name)]);
		return answer === undefined ? undefined : decodeLink(answer);
	} catch (error) {
		if (errnoOf(error) === "ENODEV") return undefined;
		throw error;
	}
}

/** A bridge without a MAC of its own takes the lowest of its ports', so that its neighbours would lose it with a port. */
async function makeBridge(route: RouteSocket, settings: BridgeSettings): Promise<Link> {
	const gateway = settings.pools.find((pool) => pool.gateway !== undefined)?.gateway;
	const bridge = createBridge({
		name: settings.linkName,
		mtu: settings.mtu,
		...(gateway === undefined ? {} : { macAddress: macAddressFor(gateway) }),
	});
	// When it was deleted by hand, two of us may make it again at once.
	await route.requestInBackground([bridge]).catch((error) => {
		if (errnoOf(error) !== "EEXIST") throw error;
	});
	const link = await findLink(route, settings.linkName);
	if (link === undefined) throw new Error(`the bridge ${settings.linkName} vanished as soon as it was made`);
	return link;
}

/**
 * A network without IPv6 must not have it by link-local addresses either. A container that sends router advertisements
 * must not become the host's way out (CVE-2020-13401).
 */
function setIpv6({ linkName, pools, isAdopted }: BridgeSettings): void {
	const hasIpv6 = pools.some(({ subnet }) => subnet.family === 6);
	if (isAdopted && !hasIpv6) return;
	writeSysctl(`net/ipv6/conf/${linkName}/accept_ra`, "0");
	writeSysctl(`net/ipv6/conf/${linkName}/disable_ipv6`, hasIpv6 ? "0" : "1");
}

async function ensureAddresses(route: RouteSocket, link: Link, settings: BridgeSettings): Promise<void> {
	const present = route
		.dump(getAddresses())
		.map(decodeAddress)
		.filter(({ linkIndex }) => linkIndex === link.index);
	const wanted = wantedAddresses(settings);
	const others = present.filter(
		(address) => !isIn(linkLocal, address) && !wanted.some(({ pool }) => isGateway(pool, address)),
	);
	const missing = wanted.filter(({ pool }) => !present.some((address) => isGateway(pool, address)));
	const changes = [
		...(settings.isAdopted ? [] : others.map(deleteAddress)),
		...missing.map(({ bytes, pool }) =>
			addAddress({
				linkIndex: link.index,
				address: bytes,
				prefixLength: pool.subnet.prefixLength,
				...broadcastFor(pool.subnet),
			}),
		),
	];
	await route.requestInBackground(changes).catch((error) => {
		if (errnoOf(error) !== "EEXIST") throw error;
	});
}

function wantedAddresses(settings: BridgeSettings): { readonly pool: Pool; readonly bytes: Uint8Array }[] {
	return settings.pools.flatMap((pool) => {
		const { family } = pool.subnet;
		const hasNone =
			pool.gateway === undefined ||
			settings.gatewayMode[family] === "isolated" ||
			(family === 4 && settings.inhibitIpv4);
		return hasNone ? [] : [{ pool, bytes: addressBytes(pool.gateway!) }];
	});
}

function isGateway({ gateway, subnet }: Pool, { address, prefixLength }: LinkAddress): boolean {
	const found = addressFromBytes(address);
	return (
		found.family === gateway?.family && found.value === gateway.value && prefixLength === subnet.prefixLength
	);
}

function isIn(subnet: Subnet, { address }: LinkAddress): boolean {
	return subnetContains(subnet, addressFromBytes(address));
}
