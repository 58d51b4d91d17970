import { chownSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { translateSystemError } from "../../lib/index.ts";
import { buildHosts, type Endpoint, ownNames } from "../../networks/index.ts";
import type { Context } from "../context.ts";
import { taskLocation } from "../locations.ts";
import { type Linked, linkedContainers } from "../networking/linked.ts";
import { mainEndpoint } from "../networking/own-endpoints.ts";
import { hasNames } from "../networking/serve-names.ts";
import type { ContainerRecord } from "../record/record.ts";
import { tellMachine } from "./tell-machine.ts";

/** Host paths of the files that a container sees as `/etc/hosts`, `/etc/hostname` and `/etc/resolv.conf`. */
export interface NetworkFiles {
	readonly hosts: string;
	readonly hostname: string;
	readonly resolvConf: string;
}

export function networkFiles(
	context: Pick<Context, "dataRoot" | "runRoot">,
	record: ContainerRecord,
): NetworkFiles {
	const { stateDir } = taskLocation(context, networkOwner(record));
	return {
		hosts: join(stateDir, "hosts"),
		hostname: join(stateDir, "hostname"),
		resolvConf: join(stateDir, "resolv.conf"),
	};
}

/**
 * Writes the three files anew for a run. Not synced: they are made again at the next start, and a container does not
 * outlive the machine. In another container's network its files are used, and nothing is written.
 */
export function writeNetworkFiles(
	context: Context,
	record: ContainerRecord,
	run: {
		readonly endpoints: readonly Endpoint[];
		/** Whose they are, where the container's root is not the host's. */
		readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
	},
): void {
	if (networkOwner(record) !== record.id) return;
	const { endpoints, owner = { uid: 0, gid: 0 } } = run;
	const paths = networkFiles(context, record);
	const { config, hostConfig } = record;
	const isHost = hostConfig.NetworkMode === "host";
	const hostname = hostnameOf(context, record);
	const gateway = mainEndpoint(context, endpoints)?.ipv4Gateway;
	try {
		writeFileSync(paths.hostname, `${hostname}\n`);
		writeFileSync(
			paths.hosts,
			buildHosts({
				hostname,
				domainname: config.Domainname ?? "",
				addresses: endpoints.flatMap(addressesOf),
				extraHosts: hostConfig.ExtraHosts ?? [],
				links: linkedContainers(context, record),
				...(gateway ? { hostGateway: gateway } : isHost ? { hostGateway: "127.0.0.1" } : {}),
				...(isHost ? { base: readFileSync("/etc/hosts", "utf8") } : {}),
			}),
		);
		writeResolvConf(context, record);
		for (const path of Object.values(paths)) chownSync(path, owner.uid, owner.gid);
	} catch (error) {
		throw translateSystemError(error, `network files of container ${record.id}`);
	}
}

/** As the container's networks are now: on one that has names, the engine's name server is asked. */
export async function changeResolvConf(context: Context, record: ContainerRecord): Promise<void> {
	const before = readFileSync(networkFiles(context, record).resolvConf, "utf8");
	const after = writeResolvConf(context, record);
	await tellMachine(context, record, { target: "/etc/resolv.conf", before, after });
}

function writeResolvConf(context: Context, record: ContainerRecord): string {
	const { Dns: dns = [], DnsSearch: search = [], DnsOptions: options = [] } = record.hostConfig;
	const text = context.networks.resolvConf({
		...{ dns, search, options },
		hostNetwork: record.hostConfig.NetworkMode === "host",
		nameServer: hasNames(context, record),
	});
	writeFileSync(networkFiles(context, record).resolvConf, text);
	return text;
}

/** A container that runs came to a network: its own name has one more address. What it wrote into the file stays. */
export async function addToHosts(
	context: Context,
	record: ContainerRecord,
	endpoint: Endpoint,
): Promise<void> {
	const lines = ownLines(context, record, endpoint);
	await changeHosts(
		context,
		record,
		(text) => `${text.trimEnd()}\n${lines.map((line) => `${line}\n`).join("")}`,
	);
}

/** It left a network. */
export async function removeFromHosts(
	context: Context,
	record: ContainerRecord,
	endpoint: Endpoint,
): Promise<void> {
	const gone = new Set(ownLines(context, record, endpoint));
	await changeHosts(context, record, (text) =>
		text
			.split("\n")
			.filter((line) => !gone.has(line))
			.join("\n"),
	);
}

function ownLines(context: Context, record: ContainerRecord, endpoint: Endpoint): string[] {
	const names = ownNames({
		hostname: hostnameOf(context, record),
		domainname: record.config.Domainname ?? "",
	});
	return addressesOf(endpoint).map((address) => `${address}\t${names}`);
}

/** A container that this one is linked to was started: it has another address now. */
export async function relinkHosts(
	context: Context,
	record: ContainerRecord,
	{ address, names }: Linked,
): Promise<void> {
	const line = names.join(" ");
	await changeHosts(context, record, (text) =>
		text
			.split("\n")
			.map((present) => (present.endsWith(`\t${line}`) ? `${address}\t${line}` : present))
			.join("\n"),
	);
}

/** The container sees this very file, so it is written in place; a machine has a copy. */
async function changeHosts(
	context: Context,
	record: ContainerRecord,
	change: (text: string) => string,
): Promise<void> {
	const { hosts } = networkFiles(context, record);
	try {
		const before = readFileSync(hosts, "utf8");
		const after = change(before);
		writeFileSync(hosts, after);
		await tellMachine(context, record, { target: "/etc/hosts", before, after });
	} catch (error) {
		context.log.warn("the hosts file of a container could not be changed", { container: record.id, error });
	}
}

/** The host name that a run gets: its own, the network donor's, or the host's in the host's UTS namespace. */
export function hostnameOf(context: Context, record: ContainerRecord): string {
	const { NetworkMode: network, UTSMode: uts } = record.hostConfig;
	const owner = networkOwner(record);
	if (owner !== record.id && uts !== "host") {
		const donor = context.registry.byId(owner);
		return donor === undefined ? "" : hostnameOf(context, donor.record);
	}
	// Docker gives the host's name in the host's network unless the request named another.
	const isDefault = record.config.Hostname === record.id.slice(0, 12);
	if (uts === "host" || (network === "host" && isDefault)) return context.host.hostname;
	return record.config.Hostname ?? "";
}

/** The container whose files these are: itself, or the one whose network it joins (by id, resolved at creation). */
function networkOwner(record: ContainerRecord): string {
	const mode = record.hostConfig.NetworkMode ?? "";
	return mode.startsWith("container:") ? mode.slice("container:".length) : record.id;
}

function addressesOf(endpoint: Endpoint): string[] {
	return [endpoint.ipv4Address, endpoint.ipv6Address].filter((address) => address !== "");
}
