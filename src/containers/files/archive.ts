import type { ArchiveRoot, ArchiveStat } from "../../archive/index.ts";
import { EngineError, held } from "../../lib/index.ts";
import { resolveUser } from "../../runtime/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { publish } from "../publish.ts";
import { readAccounts } from "./accounts.ts";
import { reachFiles } from "./reach.ts";

/** Uploads have no limit of their own: what they fill is the container's disk. */
const limits = { maxBytes: Number.MAX_SAFE_INTEGER, maxEntries: Number.MAX_SAFE_INTEGER };

/** `docker cp`'s look at a path. `not_found` with Docker's text. */
export async function statArchive(context: Context, reference: string, path: string): Promise<ArchiveStat> {
	const container = context.registry.get(reference);
	assertPath(path);
	await using files = await reachFiles(context, container, { binds: true });
	return await explaining(container, path, () => context.archive.stat(files.root, path));
}

/** A file or folder of a container as a tar stream. */
export async function getArchive(
	context: Context,
	reference: string,
	order: { readonly path: string; readonly signal: AbortSignal },
): Promise<{ stat: ArchiveStat; stream: AsyncIterable<Uint8Array> }> {
	const container = context.registry.get(reference);
	assertPath(order.path);
	await using undo = new AsyncDisposableStack();
	const files = undo.use(await reachFiles(context, container, { binds: true, signal: order.signal }));
	const packed = await explaining(container, order.path, () =>
		context.archive.pack(files.root, order.path, order.signal),
	);
	publish(context, container, { action: "archive-path" });
	return { stat: packed.stat, stream: held(packed.stream, undo.move()) };
}

/** Unpacks a tar stream into a folder of a container. */
export async function putArchive(
	context: Context,
	reference: string,
	order: {
		readonly path: string;
		readonly body: AsyncIterable<Uint8Array>;
		readonly noOverwriteDirNonDir: boolean;
		readonly copyUidGid: boolean;
		readonly signal: AbortSignal;
	},
): Promise<void> {
	const container = context.registry.get(reference);
	const { path, body, noOverwriteDirNonDir, copyUidGid, signal } = order;
	assertPath(path);
	if (container.record.hostConfig.ReadonlyRootfs && !isOnWritableMount(container, path))
		throw new EngineError("forbidden", "container rootfs is marked read-only");
	await using files = await reachFiles(context, container, { binds: true, signal });
	const owner = copyUidGid ? await userOf(context, container, files.root) : undefined;
	await explaining(container, path, () =>
		context.archive.unpack(files.root, path, body, { noOverwriteDirNonDir, owner, limits, signal }),
	);
	publish(context, container, { action: "extract-to-dir" });
}

async function userOf(
	context: Context,
	container: Container,
	root: ArchiveRoot,
): Promise<{ uid: number; gid: number }> {
	const openFiles = async () => ({ root, async [Symbol.asyncDispose]() {} });
	const accounts = await readAccounts(context, container, { openFiles });
	const { uid, gid } = resolveUser(container.record.config.User ?? "", accounts);
	return { uid, gid };
}

function assertPath(path: string): void {
	if (path === "") throw new EngineError("invalid_argument", "missing path");
}

function isOnWritableMount(container: Container, path: string): boolean {
	return container.record.mounts.some(
		(mount) =>
			(mount.type === "bind" || mount.type === "volume") &&
			!mount.readOnly &&
			`${path}/`.startsWith(`${mount.target}/`),
	);
}

/** Docker's client shows this text when a path is missing. */
async function explaining<T>(container: Container, path: string, work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (error) {
		if (!(error instanceof EngineError) || error.code !== "not_found") throw error;
		throw new EngineError(
			"not_found",
			`Could not find the file ${path} in container ${container.record.name}`,
			{ cause: error },
		);
	}
}
