import { EngineError } from "../../lib/index.ts";

export interface ResolvedUser {
	readonly uid: number;
	readonly gid: number;
	/** Begins with `gid`, as Docker sets it. */
	readonly additionalGids: readonly number[];
	/** Home directory; `/` when the user has no entry. */
	readonly home: string;
}

/** The container's /etc/passwd and /etc/group; empty when it has none. */
export interface UserFiles {
	readonly passwd: string;
	readonly group: string;
}

const maxId = 2 ** 31 - 1;

/**
 * Looks up `[user][:group]`, names or numbers, and the groups of `--group-add`, in a container's own files, by the
 * rules of runc and moby: a number needs no entry, a name does; groups that list the user count only when no group
 * was asked for. Errors: `invalid_argument` with Docker's texts.
 */
export function resolveUser(spec: string, files: UserFiles, groupAdd: readonly string[] = []): ResolvedUser {
	const colon = spec.indexOf(":");
	const userPart = colon < 0 ? spec : spec.slice(0, colon);
	const groupPart = colon < 0 ? "" : spec.slice(colon + 1).split(":")[0]!;
	const user = findUser(userPart, files.passwd);
	const groups = parseGroups(files.group);
	const gid = groupPart === "" ? user.gid : findGroup(groupPart, groups);
	const memberOf =
		groupPart === "" && user.name !== ""
			? groups.filter((group) => group.members.includes(user.name)).map((group) => group.gid)
			: [];
	const added = groupAdd.map((name) => additionalGroup(name, groups));
	return {
		uid: user.uid,
		gid,
		additionalGids: [...new Set([gid, ...memberOf, ...added])],
		home: user.home,
	};
}

interface PasswdEntry {
	readonly name: string;
	readonly uid: number;
	readonly gid: number;
	readonly home: string;
}

function findUser(wanted: string, passwd: string): PasswdEntry {
	const number = parseId(wanted);
	const entries = parsePasswd(passwd);
	const entry = entries.find((candidate) => {
		if (wanted === "") return candidate.uid === 0;
		return number === undefined ? candidate.name === wanted : candidate.uid === number;
	});
	if (entry !== undefined) return { ...entry, home: entry.home || "/" };
	if (wanted !== "" && number === undefined)
		throw new EngineError(
			"invalid_argument",
			`unable to find user ${wanted}: no matching entries in passwd file`,
		);
	return { name: "", uid: assertRange(number ?? 0), gid: 0, home: "/" };
}

interface GroupEntry {
	readonly name: string;
	readonly gid: number;
	readonly members: readonly string[];
}

function findGroup(wanted: string, groups: readonly GroupEntry[]): number {
	const number = parseId(wanted);
	const entry = groups.find((group) => (number === undefined ? group.name === wanted : group.gid === number));
	if (entry !== undefined) return entry.gid;
	if (number !== undefined) return assertRange(number);
	throw new EngineError(
		"invalid_argument",
		`unable to find group ${wanted}: no matching entries in group file`,
	);
}

function additionalGroup(wanted: string, groups: readonly GroupEntry[]): number {
	const entry = groups.find((group) => group.name === wanted || String(group.gid) === wanted);
	if (entry !== undefined) return entry.gid;
	const number = parseId(wanted);
	if (number !== undefined) return assertRange(number);
	throw new EngineError(
		"invalid_argument",
		`unable to find group ${wanted}: no matching entries in group file`,
	);
}

/** `name:password:uid:gid:comment:home:shell` */
function parsePasswd(text: string): PasswdEntry[] {
	return fieldsOfLines(text).map(([name = "", , uid = "", gid = "", , home = ""]) => ({
		name,
		uid: parseId(uid) ?? 0,
		gid: parseId(gid) ?? 0,
		home,
	}));
}

/** `name:password:gid:member,member` */
function parseGroups(text: string): GroupEntry[] {
	return fieldsOfLines(text).map(([name = "", , gid = "", members = ""]) => ({
		name,
		gid: parseId(gid) ?? 0,
		members: members.split(",").filter((member) => member !== ""),
	}));
}

function fieldsOfLines(text: string): string[][] {
	return text
		.split("\n")
		.map((line) => line.trim())
		.filter((line) => line !== "")
		.map((line) => line.split(":"));
}

function parseId(text: string): number | undefined {
	return /^[+-]?\d{1,18}$/.test(text) ? Number(text) : undefined;
}

function assertRange(id: number): number {
	if (id < 0 || id > maxId)
		throw new EngineError("invalid_argument", "uids and gids must be in range 0-2147483647");
	return id;
}
