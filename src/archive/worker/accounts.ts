import { readSync } from "node:fs";
import { EngineError } from "../../lib/index.ts";
import { closeFd, fromByteString, O, openInRoot, S, statFd } from "../../sys/index.ts";

const maxFileBytes = 8 << 20;
const maxId = 0xfffffffe;

export interface Owner {
	readonly uid: number;
	readonly gid: number;
}

/**
 * `user[:group]` as `--chown` has it: numbers, or names of a tree's own accounts. Without a group it is the group with
 * the user's name or number, and the user's own where no group has that name. Errors: `invalid_argument`.
 */
export function ownerOf(root: number, text: string): Owner {
	const colon = text.indexOf(":");
	const user = colon < 0 ? text : text.slice(0, colon);
	const group = colon < 0 ? "" : text.slice(colon + 1);
	const account = userOf(root, user === "" ? "0" : user);
	return { uid: account.uid, gid: group === "" ? groupLike(root, user, account) : groupOf(root, group) };
}

function userOf(root: number, user: string): Owner {
	const uid = numberOf(user);
	if (uid !== undefined) return { uid, gid: uid };
	const fields = linesOf(root, "etc/passwd").find(([name]) => name === user);
	const found = { uid: numberOf(fields?.[2]), gid: numberOf(fields?.[3]) };
	if (found.uid === undefined || found.gid === undefined)
		throw new EngineError(
			"invalid_argument",
			`unable to convert uid/gid chown string to host mapping: can't find uid for user ${user}: no such user: ${user}`,
		);
	return { uid: found.uid, gid: found.gid };
}

function groupLike(root: number, user: string, account: Owner): number {
	if (numberOf(user) !== undefined || user === "") return account.gid;
	return findGroup(root, user) ?? account.gid;
}

function groupOf(root: number, group: string): number {
	const gid = numberOf(group) ?? findGroup(root, group);
	if (gid === undefined)
		throw new EngineError(
			"invalid_argument",
			`unable to convert uid/gid chown string to host mapping: can't find gid for group ${group}: no such group: ${group}`,
		);
	return gid;
}

function findGroup(root: number, group: string): number | undefined {
	return numberOf(linesOf(root, "etc/group").find(([name]) => name === group)?.[2]);
}

function numberOf(text: string | undefined): number | undefined {
	if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined;
	return Number(text) <= maxId ? Number(text) : undefined;
}

/** Of a file in the tree; none when it is not there. */
function linesOf(root: number, path: string): string[][] {
	const fd = openInRoot(root, path, O.RDONLY | O.NONBLOCK);
	if (fd === undefined) return [];
	try {
		const { mode, sizeBytes } = statFd(fd);
		if ((mode & S.IFMT) !== S.IFREG || sizeBytes > maxFileBytes)
			throw new EngineError("invalid_argument", `/${path} is no file of accounts`);
		const bytes = Buffer.alloc(sizeBytes);
		const length = readSync(fd, bytes, 0, sizeBytes, 0);
		const text = fromByteString(bytes.toString("latin1", 0, length));
		return text.split("\n").map((line) => line.trim().split(":"));
	} finally {
		closeFd(fd);
	}
}
