import { EngineError } from "../lib/index.ts";
import type { CreateNetworkRequest, NetworkRecord, SubnetRecord } from "./contract.ts";
import { bridgeOptions, parseBridgeOptions } from "./drivers/bridge/options.ts";
import { bridgeLinkName } from "./drivers/bridge/settings.ts";
import { macvlanSettings } from "./drivers/macvlan/settings.ts";
import type { AddressFamily } from "./ipam/address.ts";
import { chooseSubnet, defaultSubnets, uniqueLocalSubnets } from "./ipam/choose-subnet.ts";
import { planPool } from "./ipam/plan-pool.ts";
import { formatSubnet, parseSubnet, type Subnet, subnetsOverlap } from "./ipam/subnet.ts";

/** What a plan for a network depends on. */
export interface NetworkSurroundings {
	readonly id: string;
	readonly createdAt: string;
	/** All of this engine, in any state. */
	readonly networks: readonly NetworkRecord[];
	/** What the host has routes to. */
	readonly hostSubnets: readonly Subnet[];
	/** What this engine's unique local IPv6 addresses are made from. */
	readonly engineId: string;
	/** For links of which no option says it. */
	readonly mtu: number;
}

/** The record of a network to be made, in the state `creating`. Errors as of `create`; changes nothing. */
export function planNetwork(request: CreateNetworkRequest, around: NetworkSurroundings): NetworkRecord {
	checkName(request.name, around.networks);
	checkDriver(request);
	const families = familiesOf(request);
	const record: NetworkRecord = {
		id: around.id,
		name: request.name,
		driver: request.driver,
		createdAt: around.createdAt,
		state: "creating",
		internal: request.internal,
		attachable: request.attachable,
		enableIpv4: request.enableIpv4,
		enableIpv6: request.enableIpv6,
		labels: request.labels,
		options: request.options,
		ipamOptions: request.ipamOptions,
		subnets: [],
		mtu: around.mtu,
		...(request.egress ? { egress: request.egress } : {}),
	};
	checkOptions(record, around.networks);
	return { ...record, subnets: planSubnets(request, families, around) };
}

function checkName(name: string, networks: readonly NetworkRecord[]): void {
	if (["host", "none", "bridge", "default"].includes(name))
		throw new EngineError("forbidden", `operation is not permitted on predefined ${name} network`);
	if (name.trim() === "" || name.length > 255 || /[\u0000-\u001f\u007f]/.test(name))
		throw new EngineError("invalid_argument", `invalid name: ${JSON.stringify(name).slice(0, 300)}`);
	if (networks.some((other) => other.name === name))
		throw new EngineError("conflict", `network with name ${name} already exists`);
}

function checkDriver({ driver }: CreateNetworkRequest): void {
	if (driver !== "host" && driver !== "none") return;
	// Docker's name of the driver behind the network `none`.
	const name = driver === "none" ? "null" : driver;
	throw new EngineError("forbidden", `only one instance of "${name}" network is allowed`);
}

function familiesOf(request: CreateNetworkRequest): AddressFamily[] {
	const families: AddressFamily[] = [];
	if (request.enableIpv4) families.push(4);
	if (request.enableIpv6) families.push(6);
	if (families.length === 0) throw new EngineError("invalid_argument", "IPv4 or IPv6 must be enabled");
	return families;
}

function checkOptions(record: NetworkRecord, networks: readonly NetworkRecord[]): void {
	if (record.driver === "bridge") checkBridge(record, networks);
	else if (record.driver === "macvlan") checkParent(record, networks);
	else
		throw new EngineError(
			"not_implemented",
			`the network driver ${record.driver} is not supported; macvlan does nearly the same`,
		);
}

function checkBridge(record: NetworkRecord, networks: readonly NetworkRecord[]): void {
	const { mtu } = parseBridgeOptions(record.options, record.internal);
	const linkName = bridgeLinkName(record);
	if (record.options[bridgeOptions.isDefault] === "true")
		throw new EngineError(
			"forbidden",
			`${bridgeOptions.isDefault}: there is a default bridge network already`,
		);
	checkMtu(record, mtu);
	const other = networks.find(
		(network) => network.driver === "bridge" && bridgeLinkName(network) === linkName,
	);
	if (other === undefined) return;
	throw new EngineError(
		"forbidden",
		`cannot create network ${record.id} (${linkName}): conflicts with network ${other.id} (${linkName}): networks have same bridge name`,
	);
}

/** A link can be the parent of one network only, as with Docker: the one that made it deletes it. */
function checkParent(record: NetworkRecord, networks: readonly NetworkRecord[]): void {
	const { parent, mtu } = macvlanSettings(record);
	checkMtu(record, mtu);
	const other = networks.find(
		(network) => network.driver === "macvlan" && macvlanSettings(network).parent === parent,
	);
	if (other === undefined) return;
	throw new EngineError("forbidden", `network ${other.id} is already using parent interface ${parent}`);
}

/** The kernel turns IPv6 off below of what RFC 8200 wants. */
function checkMtu({ enableIpv6 }: NetworkRecord, mtu: number | undefined): void {
	if (enableIpv6 && mtu !== undefined && mtu < 1280)
		throw new EngineError("invalid_argument", `invalid MTU number: ${mtu}: IPv6 needs at least 1280`);
}

function planSubnets(
	request: CreateNetworkRequest,
	families: readonly AddressFamily[],
	around: NetworkSurroundings,
): SubnetRecord[] {
	const given = request.pools.filter((pool) => Object.values(pool).some(isSaid)).map(planPool);
	for (const { subnet } of given) checkGiven(parseSubnet(subnet)!, families, around);
	return families.flatMap((family) => {
		const ours = given.filter(({ subnet }) => parseSubnet(subnet)!.family === family);
		if (ours.length > 1)
			throw new EngineError("forbidden", `${request.driver} driver doesn't support multiple subnets`);
		return ours.length === 1 ? ours : [chosenPool(family, around)];
	});
}

function isSaid(value: unknown): boolean {
	return value !== undefined && value !== "";
}

function checkGiven(
	subnet: Subnet,
	families: readonly AddressFamily[],
	{ networks }: NetworkSurroundings,
): void {
	if (!families.includes(subnet.family)) {
		const message = `the subnet ${formatSubnet(subnet)} is of IPv${subnet.family}, which the network does not enable`;
		throw new EngineError("invalid_argument", message);
	}
	if (subnetsOf(networks).some((other) => subnetsOverlap(subnet, other)))
		throw new EngineError("forbidden", "Pool overlaps with other one on this address space");
}

function chosenPool(family: AddressFamily, around: NetworkSurroundings): SubnetRecord {
	const candidates = family === 4 ? defaultSubnets() : uniqueLocalSubnets(around.engineId);
	const inUse = [...around.hostSubnets, ...subnetsOf(around.networks)];
	return planPool({ subnet: formatSubnet(chooseSubnet(family, candidates, inUse)) });
}

function subnetsOf(networks: readonly NetworkRecord[]): Subnet[] {
	return networks
		.flatMap(({ subnets }) => subnets.map(({ subnet }) => parseSubnet(subnet)))
		.filter((subnet) => subnet !== undefined);
}
