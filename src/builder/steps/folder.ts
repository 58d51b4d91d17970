import { randomBytes } from "node:crypto";
import { isEngineError, tarEntry, tarName, writeTar } from "../../lib/index.ts";
import { resolveUser } from "../../runtime/index.ts";
import type { Lease } from "../../store/index.ts";
import type { Operation } from "../graph/graph.ts";
import type { StepContext } from "./context.ts";
import { lookUp, lowerFolders } from "./lower-folders.ts";
import type { StepResult } from "./result.ts";
import { seal } from "./seal.ts";

type FolderOperation = Extract<Operation, { kind: "folder" }>;

/** WORKDIR: makes what is missing of a path, as the stage's user. Without anything missing there is no layer. */
export async function folderStep(
	context: StepContext,
	{ path, user }: FolderOperation,
	{ base, lease, signal }: { readonly base: StepResult; readonly lease: Lease; readonly signal: AbortSignal },
): Promise<StepResult> {
	const { snapshots, archive, accounts } = context;
	const unchanged = { ...base, layer: undefined };
	if (path === "/") return unchanged;
	const parts = path.split("/").filter((part) => part !== "");
	const found =
		base.chainId === undefined ? [] : lookUp(lowerFolders(snapshots.layerMounts(base.chainId)), path);
	let present = found.filter((one) => one?.kind === "folder").length;
	if (present === parts.length) return unchanged;
	if (found[present]?.kind === "other") {
		// A link on the way, or a file: only the tree itself can say where it leads.
		const root = { kind: "mounts", mounts: snapshots.layerMounts(base.chainId!) } as const;
		for (present = parts.length; present > 0; present--) {
			const prefix = `/${parts.slice(0, present).join("/")}/.`;
			if (await isThere(() => archive.stat(root, prefix, signal))) break;
		}
		if (present === parts.length) return unchanged;
	}
	const { uid, gid } = user === "" ? { uid: 0, gid: 0 } : resolveUser(user, await accounts.of(base.chainId));
	const key = randomBytes(32).toString("hex");
	await using undo = new AsyncDisposableStack();
	await snapshots.prepare(key, base.chainId);
	undo.defer(() => snapshots.remove(key));
	const mtime = { seconds: Math.floor(Date.now() / 1000), nanos: 0 };
	const folders = parts.slice(present).map((_, index) => {
		const name = tarName(`${parts.slice(present, present + index + 1).join("/")}/`);
		return { entry: tarEntry({ name, type: "directory", mode: 0o755, uid, gid, mtime }) };
	});
	async function* items() {
		yield* folders;
	}
	await archive.unpack(
		{ kind: "mounts", mounts: snapshots.mounts(key, { volatile: true }) },
		`/${parts.slice(0, present).join("/")}`,
		writeTar(items()),
		{ noOverwriteDirNonDir: true, limits: { maxBytes: 1, maxEntries: parts.length }, signal },
	);
	return await seal(context, { key, base, isLinked: false, mountPoints: [], lease, signal });
}

async function isThere(look: () => Promise<unknown>): Promise<boolean> {
	try {
		await look();
		return true;
	} catch (error) {
		if (isEngineError(error, "not_found")) return false;
		throw error;
	}
}
