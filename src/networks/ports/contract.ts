/**
 * Published ports: ports of the host whose traffic goes to a container.
 *
 * Vocabulary: an **order** asks for one port of the host, an **open port** is what it got, a **publication** is all
 * open ports of one container, carried by one hull-publish. A publication belongs to the folder of a run: it ends
 * with the supervisor whose socket is there, whatever becomes of the daemon, and a later daemon finds it there.
 */
export interface PortPublisher {
	/**
	 * Opens every port that is asked for, or none. The supervisor of the run must be there. Errors: `conflict` with
	 * Docker's text for a port in use, followed by who holds it; `invalid_argument` for an address that the host does
	 * not have; `unavailable` when hull-publish is missing or does not answer.
	 */
	publish(request: PublishRequest): Promise<Publication>;
	/** What an earlier daemon published; `undefined` when nothing is. */
	find(runDir: string): Promise<Publication | undefined>;
}

export interface PublishRequest {
	readonly runDir: string;
	readonly target: PublishTarget;
	readonly orders: readonly PortOrder[];
	/** Names who of the engine's own holds a port, for the error; `undefined` when it is somebody else's. */
	holderOf(port: HostPort): string | undefined;
}

/**
 * Who carries what comes to a published port: a program of ours, or the kernel, which translates addresses. Ports of
 * sctp are translated in any case.
 */
export type PublishMode = "user" | "nat";

/** Where a container is, for those who come to its ports. */
export interface PublishTarget {
	readonly mode: PublishMode;
	/** At least one of the two; empty for none. */
	readonly ipv4Address: string;
	readonly ipv6Address: string;
	/** The bridge that it is on. */
	readonly linkName: string;
}

export type PortProtocol = "tcp" | "udp" | "sctp";

export interface PortOrder {
	readonly protocol: PortProtocol;
	/** Empty: every address of the host, in both families. */
	readonly hostAddress: string;
	/** One free port between these is taken; both 0: any. */
	readonly firstPort: number;
	readonly lastPort: number;
	readonly targetPort: number;
}

export interface HostPort {
	readonly protocol: PortProtocol;
	readonly hostAddress: string;
	readonly hostPort: number;
}

export interface OpenPort extends HostPort {
	readonly targetPort: number;
}

export interface Publication {
	readonly ports: readonly OpenPort[];
	/** Resolves when its ports are closed, by whatever. */
	readonly ended: Promise<void>;
	/** Closes the ports and cuts off what goes through them; they are free when it resolves. Idempotent. */
	stop(): Promise<void>;
	/** Lets go of it; the ports stay open. */
	close(): void;
}
