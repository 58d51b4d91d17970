/**
 * The contract of networks.
 *
 * Vocabulary: a **network** is a layer-2 segment with its address pools; an **endpoint** joins one sandbox to one
 * network; a **plug** is the side of a sandbox that endpoints go into. Hulls differ only in their plug.
 */

/** Where an endpoint is put: a veth's end moves into the namespace, or a tap device of a machine joins the bridge. */
export type NetworkPlug = { readonly kind: "netns"; readonly fd: number } | TapPlug;

/**
 * The network cards of a virtual machine. The taps are made by whoever runs the machine and end with it: the networks
 * room makes them ports of a bridge and never deletes one.
 */
export interface TapPlug {
	readonly kind: "tap";
	/** Takes a card that is no endpoint's. `unavailable` when all are taken. */
	claim(): TapCard;
	/** What the interface of a claimed card is to be inside; resolves when the machine has taken note of it. */
	configure(card: TapCard, settings: CardSettings): Promise<void>;
	/** The card is no endpoint's any more. */
	release(card: TapCard): void;
}

export interface TapCard {
	/** Name of the tap on the host. */
	readonly linkName: string;
	/** Name inside: `eth0`. */
	readonly interfaceName: string;
	/** Whether the default route goes here. */
	readonly isDefaultRoute: boolean;
}

export interface CardSettings {
	readonly macAddress: string;
	readonly mtu: number;
	/** With prefix length: `172.17.0.2/16`. */
	readonly addresses: readonly string[];
	/** Default routes, at most one of each address family. */
	readonly gateways: readonly string[];
}

export interface EndpointRequest {
	readonly networkId: string;
	readonly containerId: string;
	readonly ipv4Address?: string;
	readonly ipv6Address?: string;
	readonly macAddress?: string;
}

/** An address held for a container on a network; persisted, so that a restart finds it again. */
export interface Endpoint {
	/** 64 hex digits. */
	readonly id: string;
	readonly networkId: string;
	readonly networkName: string;
	readonly containerId: string;
	readonly macAddress: string;
	readonly ipv4Address: string;
	readonly ipv4PrefixLength: number;
	readonly ipv4Gateway: string;
	readonly ipv6Address: string;
	readonly ipv6PrefixLength: number;
	readonly ipv6Gateway: string;
	/** Name of the interface on the host, empty while not plugged in. */
	readonly hostInterface: string;
}

export interface NetworkRecord {
	readonly id: string;
	readonly name: string;
	readonly driver: "bridge" | "host" | "none";
	readonly createdAt: string;
	readonly internal: boolean;
	readonly labels: Readonly<Record<string, string>>;
	readonly options: Readonly<Record<string, string>>;
	readonly subnets: readonly { readonly subnet: string; readonly gateway: string }[];
}

export interface Networks {
	/** Makes the default networks and their links and rules, and gives back the links of containers that are gone. */
	restore(liveContainerIds: ReadonlySet<string>): Promise<void>;
	list(): readonly NetworkRecord[];
	/** By name, id or unambiguous id prefix; `not_found` otherwise. */
	get(reference: string): NetworkRecord;
	endpointsOf(networkId: string): readonly Endpoint[];
	/**
	 * Takes an address (persisted), makes the link and plugs it in. Undoes itself on failure. The plug is `undefined`
	 * for a sandbox with the host's network, which only the network `host` takes; `host` and `none` have no links and
	 * addresses. `networkId`: by name, id or prefix. A container that is connected already keeps its address and gets
	 * a new link. Errors: `not_found`, `unavailable` when no address is left, `forbidden` when the requested one is in
	 * use, `invalid_argument` when it is not of the network.
	 */
	connect(plug: NetworkPlug | undefined, request: EndpointRequest, signal?: AbortSignal): Promise<Endpoint>;
	/** Gives address and link back. The link is deleted in the background (the kernel is slow at it). Idempotent. */
	disconnect(containerId: string, networkId?: string): Promise<void>;
	/** The host's resolv.conf as a container should see it (loopback servers left out, `--dns*` options applied). */
	resolvConf(options: {
		dns: readonly string[];
		search: readonly string[];
		options: readonly string[];
		/** The container has the host's network, where the host's servers are right as they are. */
		hostNetwork?: boolean;
	}): string;
	/** Waits for background work, for tests and shutdown. */
	settle(): Promise<void>;
	/** Removes links and rules of this engine; containers must be gone. */
	teardown(): Promise<void>;
}
