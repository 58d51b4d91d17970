import { EngineError } from "../../../lib/index.ts";
import { macvlanModes } from "../../../sys/index.ts";
import type { NetworkRecord } from "../../contract.ts";
import { parseInterfacePrefix, parseMtu, refuseUnknown } from "../options.ts";

/** Docker's names for the options of a macvlan network. */
export const macvlanOptions = {
	parent: "parent",
	mode: "macvlan_mode",
	mtu: "com.docker.network.driver.mtu",
	interfacePrefix: "com.docker.network.container_iface_prefix",
} as const;

export interface MacvlanSettings {
	readonly networkName: string;
	/** The link of the host that containers are on. */
	readonly parent: string;
	/** Nobody said a parent: it leads nowhere. */
	readonly isDummy: boolean;
	readonly mode: keyof typeof macvlanModes;
	/** `undefined`: the parent's. */
	readonly mtu: number | undefined;
	readonly interfacePrefix: string;
}

/** What a macvlan network's record says. Errors, with Docker's texts: `invalid_argument`, `not_implemented`. */
export function macvlanSettings(network: Pick<NetworkRecord, "id" | "name" | "options">): MacvlanSettings {
	const { options } = network;
	refuseUnknown(options, Object.values(macvlanOptions));
	const parent = options[macvlanOptions.parent] ?? "";
	return {
		networkName: network.name,
		parent: parent === "" ? `dm-${network.id.slice(0, 12)}` : checkLinkName(parent),
		isDummy: parent === "",
		mode: parseMode(options[macvlanOptions.mode]),
		mtu: parseMtu(macvlanOptions.mtu, options[macvlanOptions.mtu]),
		interfacePrefix: parseInterfacePrefix(
			macvlanOptions.interfacePrefix,
			options[macvlanOptions.interfacePrefix],
		),
	};
}

function checkLinkName(name: string): string {
	if (name === "lo")
		throw new EngineError("invalid_argument", "loopback interface is not a valid macvlan parent link");
	if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,14}$/.test(name)) return name;
	throw new EngineError("invalid_argument", `${JSON.stringify(name)} cannot be the name of a parent link`);
}

function parseMode(value: string | undefined): keyof typeof macvlanModes {
	if (value === undefined || value === "") return "bridge";
	if (Object.hasOwn(macvlanModes, value)) return value as keyof typeof macvlanModes;
	throw new EngineError(
		"invalid_argument",
		`requested macvlan mode '${value}' is not valid, 'bridge' mode is the macvlan driver default`,
	);
}
