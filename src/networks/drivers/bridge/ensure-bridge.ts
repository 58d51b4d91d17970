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
} from "../../../sys/index.ts";
import { broadcastOf, ipv4Bytes, ipv4FromBytes } from "../../ipam/ipv4.ts";
import { macAddressFor } from "../../mac-address.ts";
import type { BridgeSettings } from "./settings.ts";

/**
 * Makes the bridge as it should be, whatever is there of it: missing, half made by an engine that was killed, with
 * the address of an earlier data root. Errors: `conflict` when a link of another kind has its name.
 */
export async function ensureBridge(settings: BridgeSettings): Promise<Link> {
	using route = openRouteSocket();
	const link = (await findLink(route, settings.linkName)) ?? (await makeBridge(route, settings));
	if (link.kind !== "bridge")
		throw new EngineError("conflict", `the link ${settings.linkName} is not a bridge; rename or delete it`);
	await ensureAddress(route, link, settings);
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
	const macAddress = macAddressFor(settings.gateway);
	await route.requestInBackground([createBridge({ name: settings.linkName, macAddress, mtu: settings.mtu })]);
	const link = await findLink(route, settings.linkName);
	if (link === undefined) throw new Error(`the bridge ${settings.linkName} vanished as soon as it was made`);
	return link;
}

async function ensureAddress(route: RouteSocket, link: Link, settings: BridgeSettings): Promise<void> {
	const present = route
		.dump(getAddresses())
		.map(decodeAddress)
		.filter(({ linkIndex, address }) => linkIndex === link.index && address.length === 4);
	const isWanted = ({ address, prefixLength }: LinkAddress) =>
		ipv4FromBytes(address) === settings.gateway && prefixLength === settings.subnet.prefixLength;
	const changes = present.filter((address) => !isWanted(address)).map(deleteAddress);
	if (!present.some(isWanted)) {
		changes.push(
			addAddress({
				linkIndex: link.index,
				address: ipv4Bytes(settings.gateway),
				prefixLength: settings.subnet.prefixLength,
				broadcast: ipv4Bytes(broadcastOf(settings.subnet)),
			}),
		);
	}
	await route.requestInBackground(changes);
}
