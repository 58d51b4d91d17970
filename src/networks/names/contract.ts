/**
 * The name server of the engine's containers, hull-names: one program for all of them.
 *
 * Vocabulary: a container is **served** when it may ask; it is **attached** when the program has sockets inside of its
 * network namespace. What the program knows is told it whole when it is connected to, and each change after that.
 */
import type { Endpoint, NameServiceRequest, NetworkRecord } from "../contract.ts";

export interface NameServer {
	readonly socketPath: string;
	/** Takes up the program that an earlier daemon left, if there is one. The endpoints are those of live containers. */
	restore(): Promise<void>;
	/**
	 * Serves a container inside of a network namespace, or, without one, by a supervisor that brings its questions.
	 * Starts the program if need be. Idempotent.
	 */
	serve(request: NameServiceRequest, namespaceFd?: number): Promise<void>;
	/** An endpoint is new, others find it by other names, or its egress policies are other ones. */
	changed(endpoint: Endpoint): void;
	left(endpoint: Endpoint): void;
	/** Puts the addresses that a container was told into the sets of its egress policies again. */
	refill(containerId: string): void;
	/** The name that a container under a policy was last told an address for. */
	nameOf(containerId: string, address: string): Promise<string | undefined>;
	/** A container asks no more. */
	forget(containerId: string): void;
	/** Ends the program; nobody is served. */
	stop(): Promise<void>;
	/** Lets go of the program, which serves on. */
	close(): void;
}

/** What there is to be known. */
export interface KnownNames {
	endpoints(): readonly Endpoint[];
	network(id: string): NetworkRecord | undefined;
	/** The firewall's table of egress policies. */
	readonly egressTable: string;
}
