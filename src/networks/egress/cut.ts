import {
	forgetConnections,
	runCommand,
	type TrackedConnection,
	trackedConnections,
} from "../../sys/index.ts";
import {
	type Address,
	type AddressFamily,
	addressFromBytes,
	formatAddress,
	parseAddress,
} from "../ipam/address.ts";
import { subnetContains } from "../ipam/subnet.ts";
import type { EgressRule } from "./policy.ts";
import type { Guarded } from "./ruleset.ts";
import { setStem } from "./scopes.ts";

/** Where a connection goes. */
export interface Flow {
	readonly target: Address;
	/** The protocol's number. */
	readonly protocol: number;
	readonly port: number;
}

/** The addresses in the sets of a table, as texts, by the sets' names. */
export type SetContents = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Cuts the connections of endpoints that their policies do not allow any more. Those that were let through once are not
 * looked at again by the firewall, so the kernel has to forget them.
 */
export async function cutDenied(guarded: readonly Guarded[], tableName: string): Promise<void> {
	if (guarded.length === 0) return;
	const sets = await setContents(tableName);
	for (const family of [4, 6] as const) {
		const denied = trackedConnections(family).filter((connection) =>
			isDenied(connection, { guarded, family, sets }),
		);
		forgetConnections(family, denied);
	}
}

function isDenied(
	{ source, target, protocol, port }: TrackedConnection,
	how: { readonly guarded: readonly Guarded[]; readonly family: AddressFamily; readonly sets: SetContents },
): boolean {
	const text = formatAddress(addressFromBytes(source));
	const owner = how.guarded.find(({ endpoint }) =>
		[endpoint.ipv4Address, endpoint.ipv6Address].includes(text),
	);
	return (
		owner !== undefined && !allows(owner, { target: addressFromBytes(target), protocol, port }, how.sets)
	);
}

const numbers = { tcp: 6, udp: 17 } as const;
const pings = [1, 58];
const nameServerPorts = [53, 853];

/** Whether the rules of an endpoint let a flow through; says the same as `ruleset.ts`. */
export function allows({ endpoint, scopes }: Guarded, flow: Flow, sets: SetContents): boolean {
	const goesTo = ({ to }: EgressRule) =>
		to.kind === "subnet"
			? subnetContains(to.subnet, flow.target)
			: (sets
					.get(`${setStem(endpoint.containerId, to)}_${flow.target.family}`)
					?.has(formatAddress(flow.target)) ?? false);
	return scopes.every(({ policy }) => policy.some((rule) => goesTo(rule) && fits(rule, flow)));
}

function fits({ protocol, ports }: EgressRule, flow: Flow): boolean {
	const hasPorts = flow.protocol === numbers.tcp || flow.protocol === numbers.udp;
	if (protocol === "icmp") return pings.includes(flow.protocol);
	if (protocol !== undefined && flow.protocol !== numbers[protocol]) return false;
	if (ports.length > 0)
		return hasPorts && ports.some(([first, last]) => flow.port >= first && flow.port <= last);
	return !(hasPorts && nameServerPorts.includes(flow.port));
}

async function setContents(tableName: string): Promise<SetContents> {
	const result = await runCommand(["nft", "-j", "list", "table", "inet", tableName]);
	return result === undefined || result.exitCode !== 0 ? new Map() : parseSets(result.stdout);
}

type Element = string | { readonly elem?: { readonly val?: string } };

/** Of nft's answer in JSON (libnftables-json(5)). */
export function parseSets(answer: string): SetContents {
	const { nftables = [] } = JSON.parse(answer) as {
		nftables?: { set?: { name: string; elem?: Element[] } }[];
	};
	return new Map(
		nftables.flatMap(({ set }) => {
			if (set === undefined) return [];
			const values = (set.elem ?? []).map((element) =>
				typeof element === "string" ? element : element.elem?.val,
			);
			return [[set.name, new Set(values.filter((value) => value !== undefined).map(canonical))] as const];
		}),
	);
}

function canonical(text: string): string {
	const address = parseAddress(text);
	return address === undefined ? text : formatAddress(address);
}
