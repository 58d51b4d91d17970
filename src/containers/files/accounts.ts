import { lstatSync } from "node:fs";
import { join } from "node:path";
import type { ArchiveRoot } from "../../archive/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { isolationOf } from "../isolation.ts";

/** The container's account files, as text; empty when it has none. */
export interface Accounts {
	readonly passwd: string;
	readonly group: string;
}

export interface WantedAccounts {
	/** Who is to be found in them; default: whom the container runs as. */
	readonly user?: string;
	/** The files of a machine that does not run; without it only its image is looked into. */
	readonly openFiles?: () => Promise<{ readonly root: ArchiveRoot } & AsyncDisposable>;
}

const maxFileBytes = 4 * 1024 * 1024;
const maxCached = 64;

/** Per top layer: reading them takes a worker process, and most containers of an image never change them. */
const cache = new Map<string, Promise<Accounts>>();

/**
 * `/etc/passwd` and `/etc/group` as the container sees them. They are read by a confined worker, because links in
 * the image must not lead to the host's files; from a cache when the container did not touch its `/etc`.
 */
export async function readAccounts(
	context: Context,
	container: Container,
	wanted: WantedAccounts = {},
): Promise<Accounts> {
	if (isolationOf(container.record) === "vm") return machineAccounts(context, container, wanted);
	const { chainId } = container.record.image;
	if (chainId === undefined || hasOwnAccounts(context, container.id))
		return read(context, treeOf(context, container.id));
	return cachedFor(chainId, () => read(context, treeOf(context, container.id)));
}

/** Asking a machine costs, and of one that does not run a start: it is asked only for whom its image does not know. */
async function machineAccounts(
	context: Context,
	container: Container,
	{ user = container.record.config.User ?? "", openFiles }: WantedAccounts,
): Promise<Accounts> {
	const { chainId } = container.record.image;
	if (chainId === undefined) return { passwd: "", group: "" };
	const layers = { kind: "mounts", mounts: context.snapshots.layerMounts(chainId) } as const;
	const ofImage = await cachedFor(chainId, () => read(context, layers));
	if (knows(ofImage, user, container)) return ofImage;
	const running = container.run?.task.files();
	if (running !== undefined) return read(context, { kind: "directory", path: (await running).rootPath });
	if (openFiles === undefined) return ofImage;
	await using files = await openFiles();
	return await read(context, files.root);
}

/** Whether all of `user[:group]` and of the added groups are numbers, or names that the files have. */
function knows({ passwd, group }: Accounts, user: string, { record }: Container): boolean {
	const has = (file: string, name: string) =>
		name === "" || /^\d+$/.test(name) || file.split("\n").some((line) => line.startsWith(`${name}:`));
	const [name = "", groupName = ""] = user.split(":");
	const groups = [groupName, ...(record.hostConfig.GroupAdd ?? [])];
	return has(passwd, name) && groups.every((one) => has(group, one));
}

function cachedFor(chainId: string, start: () => Promise<Accounts>): Promise<Accounts> {
	const cached = cache.get(chainId);
	if (cached !== undefined) return cached;
	const reading = start();
	cache.set(chainId, reading);
	reading.catch(() => cache.delete(chainId));
	if (cache.size > maxCached) cache.delete(cache.keys().next().value!);
	return reading;
}

/** Starts the reading while the client has not asked for the start yet. */
export function prefetchAccounts(context: Context, container: Container): void {
	readAccounts(context, container).catch(() => undefined);
}

/** True when the writable snapshot has anything that could change the two files. */
function hasOwnAccounts(context: Context, id: string): boolean {
	const changes = context.snapshots.changesDirectory(id);
	if (changes === undefined) return true;
	const etc = lstatSync(join(changes, "etc"), { throwIfNoEntry: false });
	if (etc === undefined) return false;
	if (!etc.isDirectory()) return true;
	return ["passwd", "group"].some(
		(name) => lstatSync(join(changes, "etc", name), { throwIfNoEntry: false }) !== undefined,
	);
}

function treeOf(context: Context, id: string): ArchiveRoot {
	return { kind: "mounts", mounts: context.snapshots.mounts(id, { readOnly: true }) };
}

async function read(context: Context, root: ArchiveRoot): Promise<Accounts> {
	const text = async (path: string) => {
		const bytes = await context.archive.readFile(root, path, maxFileBytes);
		return bytes === undefined ? "" : Buffer.from(bytes).toString();
	};
	const [passwd, group] = await Promise.all([text("/etc/passwd"), text("/etc/group")]);
	return { passwd, group };
}
