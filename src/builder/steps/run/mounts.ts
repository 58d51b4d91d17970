import { fstatSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import type { ArchiveRoot } from "../../../archive/index.ts";
import { EngineError } from "../../../lib/index.ts";
import type { SpecMount } from "../../../runtime/index.ts";
import { openLayerTree } from "../../../store/index.ts";
import {
	cloneTree,
	closeFd,
	O,
	openInRoot,
	overlayTree,
	restrictTree,
	toByteString,
} from "../../../sys/index.ts";
import type { PlannedMount } from "../../graph/graph.ts";
import type { StepContext } from "../context.ts";
import { lowerFolders } from "../lower-folders.ts";
import type { StepResult } from "../result.ts";
import type { MountTarget } from "./init-folder.ts";
import { serveAgent } from "./ssh-agent.ts";

/** What a mount of a RUN reads from. */
export type MountSource =
	| { readonly kind: "tree"; readonly result: StepResult }
	| { readonly kind: "context"; readonly root: ArchiveRoot };

export interface RunMounts extends AsyncDisposable {
	readonly mounts: readonly SpecMount[];
	/** Where they are mounted, for the folder that keeps them out of the layer. */
	readonly targets: readonly MountTarget[];
	/** See `TaskSpec.trees`. */
	readonly trees: readonly number[];
	readonly env: readonly string[];
	/** Set when the environment holds secrets: see `TaskSpec.memoryDir`. */
	readonly memoryDir: string | undefined;
}

export interface Place {
	/** Of the run. */
	readonly id: string;
	readonly stateDir: string;
	readonly runDir: string;
}

/** Collects what the mounts of a run need; disposing gives all of it back. */
interface Opening {
	readonly context: StepContext;
	readonly place: Place;
	readonly undo: AsyncDisposableStack;
	readonly mounts: SpecMount[];
	readonly targets: MountTarget[];
	readonly trees: number[];
	readonly env: string[];
	readonly signal: AbortSignal;
}

/**
 * Makes ready what `RUN --mount` asks for. Errors: `not_found` for a source or a secret that is not there, named.
 */
export async function openMounts(
	context: StepContext,
	planned: readonly { readonly mount: PlannedMount; readonly source: MountSource | undefined }[],
	{ place, signal }: { readonly place: Place; readonly signal: AbortSignal },
): Promise<RunMounts> {
	await using undo = new AsyncDisposableStack();
	const opening: Opening = { context, place, signal, undo, mounts: [], targets: [], trees: [], env: [] };
	undo.defer(() => {
		for (const tree of opening.trees.splice(0)) closeFd(tree);
	});
	const memoryDir = await openSecrets(opening, planned);
	for (const { mount, source } of planned) {
		if (mount.type === "bind") openBind(opening, mount, source!);
		else if (mount.type === "cache") await openCache(opening, mount, source);
		else if (mount.type === "ssh") await openAgent(opening, mount);
		else if (mount.type === "tmpfs") openTmpfs(opening, mount);
	}
	const owned = undo.move();
	const { mounts, targets, trees, env } = opening;
	return {
		...{ mounts, targets, trees, env, memoryDir },
		[Symbol.asyncDispose]: () => owned.disposeAsync(),
	};
}

function openTmpfs({ mounts, targets }: Opening, mount: Extract<PlannedMount, { type: "tmpfs" }>): void {
	const size = mount.sizeBytes === undefined ? [] : [`size=${mount.sizeBytes}`];
	mounts.push({ kind: "tmpfs", destination: mount.target, options: ["exec", ...size] });
	targets.push({ path: mount.target, isFolder: true });
}

function openBind(opening: Opening, mount: Extract<PlannedMount, { type: "bind" }>, from: MountSource): void {
	const whole = mount.readOnly ? openReadOnly(opening, from) : openWritable(opening, from);
	const tree = openBelow(whole, { path: mount.source, readOnly: mount.readOnly });
	addTree(opening, tree, { target: mount.target, readOnly: mount.readOnly });
}

function addTree(
	{ place, trees, mounts, targets }: Opening,
	tree: number,
	{ target, readOnly }: { readonly target: string; readonly readOnly: boolean },
): void {
	const source = join(place.runDir, "trees", String(trees.length));
	trees.push(tree);
	const isFolder = fstatSync(tree).isDirectory();
	targets.push({ path: target, isFolder });
	mounts.push({
		kind: "bind",
		source,
		destination: target,
		readOnly,
		propagation: "rprivate",
		...(isFolder ? {} : { readOnlyRecursion: "writable" as const }),
	});
}

function openReadOnly({ context }: Opening, from: MountSource): number {
	if (from.kind === "context") return cloneFolder(folderOf(from.root));
	const { chainId } = from.result;
	if (chainId === undefined) throw new EngineError("not_found", "the tree that is to be mounted is empty");
	return openLayerTree(context.snapshots, chainId, "a mount of several layers");
}

/** What is written goes to a folder of the run's own, and away with it. */
function openWritable({ context, place, trees }: Opening, from: MountSource): number {
	const folder = join(place.stateDir, `writes-${trees.length}`);
	const [upper, work] = [join(folder, "upper"), join(folder, "work")];
	for (const path of [upper, work]) mkdirSync(path, { recursive: true, mode: 0o755 });
	const lower =
		from.kind === "context"
			? [folderOf(from.root)]
			: from.result.chainId === undefined
				? []
				: lowerFolders(context.snapshots.layerMounts(from.result.chainId));
	if (lower.length === 0) return cloneFolder(upper);
	return overlayTree(lower, ["index=off", "metacopy=off"], { upper, work });
}

function folderOf(root: ArchiveRoot): string {
	if (root.kind === "directory") return root.path;
	const folders = root.kind === "mounts" ? lowerFolders(root.mounts) : [];
	if (folders.length === 1) return folders[0]!;
	throw new EngineError("not_implemented", "a build context of several layers cannot be mounted");
}

function cloneFolder(path: string): number {
	const fd = openSync(path, O.PATH);
	try {
		return cloneTree(fd, { recursive: false });
	} finally {
		closeFd(fd);
	}
}

/** Takes the whole over. */
function openBelow(
	whole: number,
	{ path, readOnly }: { readonly path: string; readonly readOnly: boolean },
): number {
	const below = path.replace(/^\/+|\/+$/g, "");
	const isWhole = below === "" || below === ".";
	const fd = isWhole ? whole : openInRoot(whole, toByteString(below), O.PATH);
	if (!isWhole) {
		try {
			if (fd === undefined)
				throw new EngineError("not_found", `failed to compute cache key: "/${below}": not found`);
			whole = (() => cloneTree(fd, { recursive: false }))();
		} finally {
			if (fd !== undefined) closeFd(fd);
		}
	}
	if (readOnly) restrictTree(whole, { readOnly: true, recursive: false });
	return whole;
}

async function openCache(
	opening: Opening,
	mount: Extract<PlannedMount, { type: "cache" }>,
	from: MountSource | undefined,
): Promise<void> {
	const { context, undo, mounts, targets, signal } = opening;
	const { sharing, mode } = mount;
	const { fence } = context.request;
	const id = fence === undefined ? mount.id : `hull.socket=${fence.realm}/${mount.id}`;
	const [uid, gid] = [numberOf(mount.uid, "uid"), numberOf(mount.gid, "gid")];
	const imported = context.fillMount(id);
	const fill =
		imported === undefined
			? fillFrom(context, { path: mount.source || "/", from }, signal)
			: (folder: string) => imported(folder, signal);
	const request = { id, sharing, mode, uid, gid, ...(fill === undefined ? {} : { fill }) };
	const opened = undo.use(await context.cacheMounts.open(request, signal));
	targets.push({ path: mount.target, isFolder: true });
	mounts.push({
		kind: "bind",
		source: opened.folder,
		destination: mount.target,
		readOnly: mount.readOnly,
		propagation: "rprivate",
		recursive: false,
	});
}

/** Puts a stage's folder into a cache that is new. */
function fillFrom(
	{ archive, snapshots }: StepContext,
	{ path, from }: { readonly path: string; readonly from: MountSource | undefined },
	signal: AbortSignal,
): ((folder: string) => Promise<void>) | undefined {
	if (from === undefined) return undefined;
	if (from.kind === "context") return (folder) => archive.copyTree(from.root, path, folder, signal);
	const { chainId } = from.result;
	if (chainId === undefined) return undefined;
	return (folder) =>
		archive.copyTree({ kind: "mounts", mounts: snapshots.layerMounts(chainId) }, path, folder, signal);
}

async function openAgent(
	opening: Opening,
	mount: Extract<PlannedMount, { type: "ssh" | "secret" }>,
): Promise<void> {
	const { context, undo, mounts, targets, env } = opening;
	const agent = context.request.ssh.get(mount.id);
	if (agent === undefined) {
		if (mount.required) throw new EngineError("not_found", `ssh agent ${mount.id}: not given (--ssh)`);
		return;
	}
	const number = env.filter((entry) => entry.startsWith("SSH_AUTH_SOCK=")).length;
	const target = mount.target || `/run/buildkit/ssh_agent.${number}`;
	const [uid, gid] = [numberOf(mount.uid, "uid"), numberOf(mount.gid, "gid")];
	const served = await serveAgent(agent, {
		folder: join(context.runRoot, "build-agents"),
		owner: { uid, gid, mode: mount.mode },
	});
	undo.use(served);
	if (number === 0) env.push(`SSH_AUTH_SOCK=${target}`);
	addFile({ mounts, targets }, served.path, target);
}

function addFile(
	{ mounts, targets }: Pick<Opening, "mounts" | "targets">,
	source: string,
	target: string,
): void {
	targets.push({ path: target, isFolder: false });
	mounts.push({
		kind: "bind",
		source,
		destination: target,
		readOnly: true,
		propagation: "rprivate",
		recursive: false,
		readOnlyRecursion: "writable",
	});
}

/** Secrets never touch a disk: files lie in the engine's ramfs, and with a value in it so does the spec. */
async function openSecrets(
	opening: Opening,
	planned: readonly { readonly mount: PlannedMount }[],
): Promise<string | undefined> {
	const { context, place, undo } = opening;
	const files = [];
	let hasEnv = false;
	for (const { mount } of planned) {
		if (mount.type !== "secret") continue;
		const value = await context.request.secrets.get(mount.id)?.read();
		if (value === undefined) {
			if (mount.required) throw new EngineError("not_found", `secret ${mount.id}: not found`);
			continue;
		}
		if (mount.env !== "") {
			hasEnv = true;
			opening.env.push(`${mount.env}=${textOf(mount.id, value)}`);
		}
		if (mount.target === "") continue;
		const [uid, gid] = [numberOf(mount.uid, "uid"), numberOf(mount.gid, "gid")];
		files.push({ name: String(files.length), value, uid, gid, mode: mount.mode, target: mount.target });
	}
	if (files.length === 0 && !hasEnv) return undefined;
	const folder = context.delivery.provide(place.id, files);
	undo.defer(() => context.delivery.release(place.id));
	for (const { name, target } of files) addFile(opening, join(folder, name), target);
	return hasEnv ? folder : undefined;
}

function textOf(id: string, value: Uint8Array): string {
	try {
		if (value.includes(0)) throw new Error("NUL");
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value);
	} catch {
		throw new EngineError("invalid_argument", `secret ${id} is no text and cannot be in the environment`);
	}
}

function numberOf(text: string, what: string): number {
	if (/^\d{1,10}$/.test(text) && Number(text) < 2 ** 31) return Number(text);
	throw new EngineError("invalid_argument", `mount ${what}=${text}: a number is expected`);
}
