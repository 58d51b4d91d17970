import { KeyedLock, type Logger } from "../lib/index.ts";
import type { Metadata } from "../store/index.ts";
import { connect } from "./connect.ts";
import type { NetworksContext } from "./context.ts";
import type { NetworkDenial, Networks } from "./contract.ts";
import { createNetwork } from "./create.ts";
import { disconnect } from "./disconnect.ts";
import { checkEgress, setEgress, setNetworkEgress } from "./egress/change.ts";
import { createDenials } from "./egress/denials.ts";
import { createEgressEnforcement } from "./egress/enforcement.ts";
import { openEndpointTable } from "./endpoint-table.ts";
import { findNetwork } from "./find-network.ts";
import { createFirewall } from "./firewall/firewall.ts";
import { reportForeignDrops } from "./firewall/foreign-drops.ts";
import { ownProcesses } from "./firewall/own-processes.ts";
import { networkIdentity } from "./identity.ts";
import { createLinkRemoval } from "./link-removal.ts";
import { createNameServer } from "./names/name-server.ts";
import { tellNames } from "./names/tell-names.ts";
import { openNetworkTable } from "./network-table.ts";
import type { PublishMode } from "./ports/contract.ts";
import { publishTarget } from "./ports/target.ts";
import { removeNetwork } from "./remove.ts";
import { resolvConf } from "./resolv-conf.ts";
import { restore } from "./restore.ts";
import { teardown } from "./teardown.ts";
import { type KernelWatch, watchKernelState } from "./watch-kernel-state.ts";

export interface NetworksOptions {
	readonly metadata: Metadata;
	/** Names bridge and firewall table, see `identity.ts`. */
	readonly dataRoot: string;
	/** Path of hull-names, which is started when the first container is served, and where its socket is. */
	readonly names?: { readonly program: string; readonly runRoot: string };
	/** Is told what egress policies deny. */
	readonly denied?: (denial: NetworkDenial) => void;
	/** Who carries what comes to published ports, where a network does not say; `user` when it is left out. */
	readonly publish?: PublishMode;
	readonly log: Logger;
}

/** Reads the records; `restore` must follow before anything is connected. */
export function createNetworks(options: NetworksOptions): Networks {
	const { dataRoot, metadata, log } = options;
	const identity = networkIdentity(dataRoot);
	const networks = openNetworkTable(metadata);
	const endpoints = openEndpointTable(metadata);
	const names = createNameServer({
		...(options.names ?? { program: undefined, runRoot: dataRoot }),
		known: { endpoints: endpoints.all, network: networks.get, egressTable: identity.egressTable },
		refused: (containerId, question) => denials.nameRefused(containerId, question),
		log,
	});
	const denials = createDenials({
		logGroup: identity.logGroup,
		endpoints,
		nameOf: (containerId, address) => names.nameOf(containerId, address),
		denied: options.denied ?? (() => {}),
		log,
	});
	const own = ownProcesses();
	const context: NetworksContext = {
		identity,
		networks,
		endpoints: tellNames(endpoints, names),
		removal: createLinkRemoval(log),
		firewall: createFirewall({ dataRoot, identity, networks, own }),
		egress: createEgressEnforcement({
			tableName: identity.egressTable,
			logGroup: identity.logGroup,
			...{ networks, endpoints, own, log },
			emptied: names.refill,
		}),
		names,
		log,
	};
	const ready = () => context.networks.all().filter(({ state }) => state === "ready");
	const locks = new KeyedLock();
	let report: Promise<void> | undefined;
	let watch: KernelWatch | undefined;
	const close = async () => {
		await watch?.close();
		denials.close();
		await context.removal.settle();
		await context.egress.settle();
		await report;
	};
	return {
		async restore(live) {
			await restore(context, live);
			await names.restore();
			watch ??= watchKernelState(context);
			denials.watch();
			report = reportForeignDrops(context.log, context.identity.bridgeName).catch((error) =>
				context.log.warn("other firewalls could not be looked at", { error }),
			);
		},
		list: ready,
		get: (reference) => findNetwork(ready(), reference),
		create: (request, signal) => createNetwork(context, request, signal),
		remove: (reference) => removeNetwork(context, reference),
		publishTarget: (endpoint, { translates }) =>
			publishTarget(context, endpoint, { mode: options.publish ?? "user", translates }),
		setNames(containerId, networkId, names) {
			for (const endpoint of context.endpoints.ofContainer(containerId, networkId))
				context.endpoints.put({ ...endpoint, names });
		},
		checkEgress,
		setEgress: (containerId, policy) => setEgress(context, containerId, policy),
		setNetworkEgress: (reference, policy) => setNetworkEgress(context, reference, policy),
		async serveNames(plug, request) {
			await names.serve(request, plug.kind === "netns" ? plug.fd : undefined);
			if (plug.kind === "tap") await plug.serveNames(names.socketPath);
		},
		endpointsOf: (networkId) => context.endpoints.ofNetwork(networkId),
		async connect(plug, request, signal) {
			using _ = await locks.acquire(request.containerId, signal);
			return await connect(context, plug, request, signal);
		},
		async disconnect(containerId, networkId, plug) {
			using _ = await locks.acquire(containerId);
			if (networkId === undefined) names.forget(containerId);
			await disconnect(context, containerId, networkId, plug);
		},
		resolvConf,
		async settle() {
			await context.removal.settle();
			await context.egress.settle();
			await report;
		},
		async close() {
			await close();
			names.close();
		},
		async teardown() {
			await close();
			await names.stop();
			await teardown(context);
		},
	};
}
