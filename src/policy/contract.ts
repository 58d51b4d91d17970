/**
 * Scoped sockets: further sockets of the API, each with a policy.
 *
 * Vocabulary:
 * - **policy**: what may be called through one socket, on what, and with which fields. Whatever it does not name is
 *   denied.
 * - **role**: a policy with a name, which a socket's own rules change.
 * - **scope**: `own`, what was created through this socket and carries its label; `all`, everything.
 * - **rule**: one part of a policy (`binds`, `images`); a denial names it.
 * - **guard**: the server's backends behind a policy. It gets the very objects that the operations work with, so there
 *   is no second reading of a request that could differ from the first.
 *
 * What a policy with scope `own` promises: nobody who has only that socket becomes root on the host by what he calls,
 * unless rules that say so let him (`docs/scoped-sockets.md`).
 */
import type { NamePattern } from "./patterns.ts";

export interface SocketPolicy {
	/** Label value of what is created through it: letters, digits, `_.-`. */
	readonly name: string;
	/** Where its socket is. */
	readonly path: string;
	/** Permission bits of the socket. */
	readonly mode: number;
	/** Names or numbers of accounts; `undefined` is the daemon's. */
	readonly owner: string | undefined;
	readonly group: string | undefined;
	readonly role: RoleName;
	/** Ids of operations. */
	readonly operations: ReadonlySet<string>;
	readonly scope: Scope;
	readonly rules: Rules;
	/** Also what is allowed is logged. */
	readonly logAllowed: boolean;
}

export type RoleName = "read-only" | "developer" | "operator" | "none";
export type Scope = "own" | "all";

export interface Rules {
	/** Images that may be seen, run, pulled and built on. */
	readonly images: readonly NamePattern[];
	/** Names of images that may be given, taken away and pushed. */
	readonly tags: readonly NamePattern[];
	/** Networks that are not its own and that containers may join. */
	readonly networks: readonly NamePattern[];
	/** What containers, volumes and networks may be called. */
	readonly names: readonly NamePattern[];
	/** Folders of the host that may be mounted, with what is below them. */
	readonly binds: readonly AllowedBind[];
	/** Options of volume drivers (`size`). */
	readonly volumeOptions: readonly string[];
	/** Capabilities that may be added, without `CAP_`. */
	readonly capabilities: readonly string[];
	/** Ports of the host that may be published. */
	readonly ports: { readonly from: number; readonly to: number };
	readonly limits: Limits;
}

export interface AllowedBind {
	/** Absolute and clean. */
	readonly source: string;
	readonly readOnly: boolean;
}

/** Most of each that one container may have, and how many there may be; `undefined` is no limit. */
export interface Limits {
	readonly memoryBytes: number | undefined;
	readonly cpuNanos: number | undefined;
	readonly pids: number | undefined;
	readonly containers: number | undefined;
}
