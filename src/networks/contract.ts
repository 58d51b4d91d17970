import type { PublishTarget } from "./ports/contract.ts";

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
	/**
	 * Takes a card that is no endpoint's; `used` are the links of the endpoints that the machine has, for one that has
	 * run for longer than the daemon. `unavailable` when all are taken.
	 */
	claim(used: ReadonlySet<string>): TapCard | Promise<TapCard>;
	/**
	 * Takes down what is no link of these endpoints: a daemon may have died when the machine had left a network and did
	 * not know it yet.
	 */
	keep(used: ReadonlySet<string>): Promise<void>;
	/** What the interface of a claimed card is to be inside; resolves when the machine has taken note of it. */
	configure(card: TapCard, settings: CardSettings): Promise<void>;
	/** What is asked at 127.0.0.11 inside goes to hull-names, whose socket is at `path`; and does so from now on. */
	serveNames(path: string): Promise<void>;
	/** The card is no endpoint's any more; resolves when a machine that runs has taken its interface down. */
	release(card: TapCard): Promise<void>;
}

export interface TapCard {
	/** Name of the tap on the host. */
	readonly linkName: string;
	/** Name inside: `eth0`. */
	readonly interfaceName: string;
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
	readonly linkLocalAddresses?: readonly string[];
	readonly macAddress?: string;
	/** Docker's `com.docker.network.endpoint.*`: `ifname`, `sysctls`. Unknown ones are refused. */
	readonly driverOptions?: Readonly<Record<string, string>>;
	/** What its neighbours on this network find it by: name, short id, aliases. */
	readonly names?: readonly string[];
	/** The endpoint with the highest one has the sandbox's default route. */
	readonly gatewayPriority?: number;
	/** What the container may leave its networks for (docs/networks.md); empty: everything. */
	readonly egress?: string;
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
	/** Name of the interface inside, empty while not plugged in. */
	readonly interfaceName: string;
	/** More addresses of its interface, which hold on its link alone. */
	readonly linkLocalAddresses: readonly string[];
	readonly names: readonly string[];
	readonly gatewayPriority: number;
	/** The container's egress policy; empty: none. */
	readonly egress: string;
	/** The kernel has been told to lead connections to its addresses. */
	readonly translated?: boolean;
}

export type NetworkDriver = "bridge" | "host" | "none" | "macvlan" | "ipvlan";

export interface NetworkRecord {
	readonly id: string;
	readonly name: string;
	readonly driver: NetworkDriver;
	readonly createdAt: string;
	/** `creating` and `removing`: a daemon that finds it so finishes the removal. */
	readonly state: "creating" | "ready" | "removing";
	readonly internal: boolean;
	readonly attachable: boolean;
	readonly enableIpv4: boolean;
	readonly enableIpv6: boolean;
	readonly labels: Readonly<Record<string, string>>;
	/** Docker's driver options, among them those that the engine chose. */
	readonly options: Readonly<Record<string, string>>;
	/** As they were given. */
	readonly ipamOptions: Readonly<Record<string, string>>;
	readonly subnets: readonly SubnetRecord[];
	/** Of its links, where no option says it: that of the host's way out when it was made. */
	readonly mtu?: number;
	/** Its link was there before: it is used, and stays when the network is removed. */
	readonly adoptsLink?: boolean;
	/** The egress policy that its containers are under beside their own. */
	readonly egress?: string;
}

/** A pool of addresses. Subnets and ranges are in CIDR form, of either family. */
export interface SubnetRecord {
	readonly subnet: string;
	/** Of an internal network only the host's own address there; empty where there is none. */
	readonly gateway: string;
	/** The part of the subnet that addresses are chosen from. */
	readonly ipRange?: string;
	/** Addresses that are somebody else's, by name. */
	readonly auxiliaryAddresses?: Readonly<Record<string, string>>;
}

export interface CreateNetworkRequest {
	readonly name: string;
	readonly driver: NetworkDriver;
	readonly internal: boolean;
	readonly attachable: boolean;
	readonly enableIpv4: boolean;
	readonly enableIpv6: boolean;
	readonly labels: Readonly<Record<string, string>>;
	readonly options: Readonly<Record<string, string>>;
	readonly ipamOptions: Readonly<Record<string, string>>;
	readonly egress?: string;
	/** What is left out is chosen from the default pools. */
	readonly pools: readonly Partial<SubnetRecord>[];
}

/** How a container's names are looked up. */
export interface NameServiceRequest {
	readonly containerId: string;
	/** `--dns`: who is asked what the networks do not know; empty: the host's own name servers. */
	readonly servers: readonly string[];
	/** `--link`: names that only this container knows others by. */
	readonly links?: readonly { readonly name: string; readonly containerId: string }[];
}

/** Something that an egress policy denied. */
export interface NetworkDenial {
	readonly containerId: string;
	readonly networkId: string;
	readonly networkName: string;
	/** The name that was asked for, or that the container was last told the address for. */
	readonly name?: string;
	/** Of a question for a name: `A`. Then there is no address. */
	readonly queryType?: string;
	readonly address?: string;
	/** `tcp`, `udp`, `icmp`, `icmpv6`, or another one's number. */
	readonly protocol?: string;
	readonly port?: number;
	/** How many of the container's were not told of before this one. */
	readonly suppressed: number;
}

export interface Networks {
	/** Makes the default networks and their links and rules, and gives back the links of containers that are gone. */
	restore(liveContainerIds: ReadonlySet<string>): Promise<void>;
	list(): readonly NetworkRecord[];
	/** By name, id or unambiguous id prefix; `not_found` otherwise. */
	get(reference: string): NetworkRecord;
	/**
	 * Makes a network of a user's. Errors, with Docker's texts: `conflict` when the name is taken, `invalid_argument`
	 * for what cannot be (options, subnets, gateways), `forbidden` when its subnet overlaps with another network's,
	 * `unavailable` when no default pool is left.
	 */
	create(request: CreateNetworkRequest, signal?: AbortSignal): Promise<NetworkRecord>;
	/** Errors: `forbidden` for one of the three that are always there, and while it has endpoints. */
	remove(reference: string): Promise<NetworkRecord>;
	endpointsOf(networkId: string): readonly Endpoint[];
	/**
	 * Takes an address (persisted), makes the link and plugs it in. Undoes itself on failure. The plug is `undefined`
	 * for a sandbox with the host's network, which only the network `host` takes; `host` and `none` have no links and
	 * addresses. `networkId`: by name, id or prefix. A container that is connected already keeps its address and gets
	 * a new link. The sandbox's default route goes to the endpoint of the highest priority, among equals to the first
	 * in the order of their networks' names. Errors: `not_found`, `unavailable` when no address is left, `forbidden`
	 * when the requested one is in use, `invalid_argument` when it is not of the network.
	 */
	connect(plug: NetworkPlug | undefined, request: EndpointRequest, signal?: AbortSignal): Promise<Endpoint>;
	/**
	 * Gives address and link back; with a plug, of a sandbox that lives on, its default route goes to the next best
	 * endpoint. The link is deleted in the background (the kernel is slow at it). Idempotent.
	 */
	disconnect(containerId: string, networkId?: string, plug?: NetworkPlug): Promise<void>;
	/**
	 * Where the ports of a container lead that is published on an endpoint, and who carries what comes to them;
	 * `undefined` on a network that publishes none: an internal one, and all but bridges. `translates`: some are
	 * translated in any case.
	 */
	publishTarget(endpoint: Endpoint, options: { readonly translates: boolean }): PublishTarget | undefined;
	/** What a container's neighbours on a network find it by from now on. */
	setNames(containerId: string, networkId: string, names: readonly string[]): void;
	/**
	 * Errors: `invalid_argument` for a text that is no egress policy; `not_implemented` when a container with one cannot
	 * be on a network of that kind. A container's policy is no matter on `host` and `none`, which its creator refuses.
	 */
	checkEgress(policy: string, networks: readonly NetworkRecord[]): void;
	/** Changes a container's egress policy on all of its networks, at once; what is open and not allowed any more is cut. */
	setEgress(containerId: string, policy: string): Promise<void>;
	/** Changes a network's egress policy, of containers that run at once. Errors: as of `create`. */
	setNetworkEgress(reference: string, policy: string): Promise<NetworkRecord>;
	/**
	 * Makes 127.0.0.11 a name server inside of a sandbox: it knows who is on the container's networks, and asks others
	 * for the rest. For a container on a network of a user's, whose resolv.conf says `nameServer: true`: after
	 * connecting, and again after `restore` for one that runs. Idempotent; it ends with `disconnect` from all networks.
	 * Errors: `unavailable` when hull-names is missing or does not answer.
	 */
	serveNames(plug: NetworkPlug, request: NameServiceRequest): Promise<void>;
	/** The host's resolv.conf as a container should see it (loopback servers left out, `--dns*` options applied). */
	resolvConf(options: {
		dns: readonly string[];
		search: readonly string[];
		options: readonly string[];
		/** The container has the host's network, where the host's servers are right as they are. */
		hostNetwork?: boolean;
		/** The container's name server is the engine's ({@link serveNames}), which asks the servers in `dns` itself. */
		nameServer?: boolean;
	}): string;
	/** Waits for background work, for tests. */
	settle(): Promise<void>;
	/** Ends the watch over links and rules, after background work; both stay, as hull-names does, for containers that run on. */
	close(): Promise<void>;
	/** As `close`, and removes links and rules of this engine; containers must be gone. */
	teardown(): Promise<void>;
}
