import { closeSync, openSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { SystemError } from "./libc.ts";

/** Who is who: `size` ids from `inside` on are those from `outside` on. */
export interface IdRange {
	readonly inside: number;
	readonly outside: number;
	readonly size: number;
}

export interface IdRanges {
	readonly uids: readonly IdRange[];
	readonly gids: readonly IdRange[];
}

/** A user namespace and a network namespace that is its own, a descriptor each; both are the caller's. */
export interface UserNamespaceFds {
	readonly user: number;
	readonly network: number;
}

/**
 * Makes a user namespace with these ids, or a network namespace of one that is there. `program` holds them until they
 * are open here: it writes a byte once they are there and ends with stdin, with 0 or an errno.
 * Errors: those of the system calls, EINVAL and EPERM for ids that cannot be had.
 */
export async function makeUserNamespace(
	program: readonly string[],
	order: { readonly ids: IdRanges } | { readonly joined: number },
): Promise<UserNamespaceFds> {
	const joined = "joined" in order ? order.joined : undefined;
	const stdio = ["pipe", "pipe", "ignore", ...(joined === undefined ? [] : [joined])];
	const command = [...program, ...(joined === undefined ? [] : ["join"])];
	// Extra descriptors are taken, though the types know but three.
	const child = Bun.spawn(command, { stdio: stdio as unknown as ["pipe", "pipe", "ignore"] });
	try {
		const { done } = await child.stdout.getReader().read();
		if (done) throw new SystemError("unshare", await child.exited, "user namespace");
		if ("ids" in order) mapIds(child.pid, order.ids);
		return openNamespaces(child.pid);
	} finally {
		await child.stdin.end();
		await child.exited;
	}
}

/** https://man7.org/linux/man-pages/man7/user_namespaces.7.html, "User and group ID mappings". */
function mapIds(pid: number, { uids, gids }: IdRanges): void {
	const lines = (ranges: readonly IdRange[]) =>
		ranges.map(({ inside, outside, size }) => `${inside} ${outside} ${size}\n`).join("");
	writeFileSync(`/proc/${pid}/uid_map`, lines(uids), { flag: "r+" });
	writeFileSync(`/proc/${pid}/gid_map`, lines(gids), { flag: "r+" });
}

function openNamespaces(pid: number): UserNamespaceFds {
	const user = openSync(`/proc/${pid}/ns/user`, "r");
	try {
		return { user, network: openSync(`/proc/${pid}/ns/net`, "r") };
	} catch (error) {
		closeSync(user);
		throw error;
	}
}

/** Who is who in the user namespace of a process; `undefined` when that is this process's own. ENOENT when it has ended. */
export function idsOfProcess(pid: number): IdRanges | undefined {
	if (readlinkSync(`/proc/${pid}/ns/user`) === readlinkSync("/proc/self/ns/user")) return undefined;
	return { uids: readIds(`/proc/${pid}/uid_map`), gids: readIds(`/proc/${pid}/gid_map`) };
}

function readIds(path: string): IdRange[] {
	const lines = readFileSync(path, "latin1").trim().split("\n");
	return lines.map((line) => {
		const [inside = 0, outside = 0, size = 0] = line.trim().split(/\s+/).map(Number);
		return { inside, outside, size };
	});
}
