import { EngineError } from "../../../lib/index.ts";
import type { NetworkRecord } from "../../contract.ts";
import { type Pool, poolsOf } from "../../ipam/pool.ts";
import { type BridgeOptions, bridgeOptions, parseBridgeOptions } from "./options.ts";

/** What a bridge network's record says, in the kernel's terms. */
export interface BridgeSettings extends Omit<BridgeOptions, "linkName" | "mtu"> {
	readonly networkName: string;
	readonly linkName: string;
	readonly mtu: number;
	readonly isInternal: boolean;
	/** The link was there before the network, perhaps with other addresses, which are left alone. */
	readonly isAdopted: boolean;
	/** At most one of each address family. */
	readonly pools: readonly Pool[];
}

/** Errors: `corrupt` for a record that cannot be one of a bridge network. */
export function bridgeSettings(network: NetworkRecord): BridgeSettings {
	const { linkName: _, mtu, ...options } = parsedOptions(network);
	return {
		...options,
		networkName: network.name,
		linkName: bridgeLinkName(network),
		mtu: mtu ?? network.mtu ?? 1500,
		isInternal: network.internal,
		isAdopted: network.adoptsLink ?? false,
		pools: poolsOf(network),
	};
}

/** The name of a bridge network's link: the option's, else Docker's name for it. Cheap, for news of every link. */
export function bridgeLinkName({ id, options }: Pick<NetworkRecord, "id" | "options">): string {
	return options[bridgeOptions.name] || `br-${id.slice(0, 12)}`;
}

function parsedOptions(network: NetworkRecord): BridgeOptions {
	try {
		return parseBridgeOptions(network.options, network.internal);
	} catch (cause) {
		const message = `network ${network.name} has unusable options: ${(cause as Error).message}`;
		throw new EngineError("corrupt", message, { cause });
	}
}
