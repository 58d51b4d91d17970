import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { EngineError, removeTreeSync } from "../../../lib/index.ts";
import { type Digest, digestOf } from "../../../oci/index.ts";
import type { RuntimeDriver, TaskSpec } from "../../../runtime/index.ts";
import { createLayerImages } from "../../../store/index.ts";
import type { RunOperation } from "../../graph/graph.ts";
import type { StepContext } from "../context.ts";
import { withLatestTime } from "../latest-time.ts";
import type { StepResult } from "../result.ts";
import { emptyLayer } from "../seal.ts";
import type { MountTarget } from "./init-folder.ts";
import { fillInitFolder } from "./init-folder.ts";
import type { Running } from "./running.ts";

const images = createLayerImages();

/** What a RUN in a machine cannot have, by name. */
export function checkMachine({ mounts, network, devices }: RunOperation): void {
	const refuse = (what: string) => {
		throw new EngineError("not_implemented", `${what} is not supported with --isolation vm`);
	};
	if (network === "host") refuse("RUN --network=host");
	if (devices.length > 0) refuse("RUN --device");
	// A socket is no file that a machine could be served.
	if (mounts.some(({ type }) => type === "ssh")) refuse("RUN --mount=type=ssh");
}

/**
 * The disks of a machine that a RUN has for itself. What is mounted on lies in a layer of its own between the image
 * and what the run changes, as it does for processes: so none of it ends up in the result.
 */
export async function machineOf(
	{ snapshots, request }: StepContext,
	{ id, stateDir }: { readonly id: string; readonly stateDir: string },
	{
		base,
		targets,
		hostname,
	}: { readonly base: StepResult; readonly targets: readonly MountTarget[]; readonly hostname: string },
): Promise<NonNullable<TaskSpec["machine"]>> {
	const folder = join(stateDir, "init");
	mkdirSync(folder, { recursive: true, mode: 0o710 });
	const mounts = base.chainId === undefined ? [] : snapshots.layerMounts(base.chainId);
	fillInitFolder(mounts, targets, join(folder, "fs"));
	const [init, root] = await Promise.all([images.ensure(folder), snapshots.machineRoot(id)]);
	const { memoryBytes, cpuQuota, cpuPeriod } = request.limits;
	return {
		root: { ...root, layers: [init, ...root.layers] },
		// What it wrote is read from its disk when it has ended.
		volatile: false,
		hostname,
		domainname: "",
		whole: false,
		...(memoryBytes > 0 ? { memoryBytes } : {}),
		...(cpuQuota > 0 ? { cpus: cpuQuota / (cpuPeriod || 100_000) } : {}),
	};
}

/**
 * Makes a layer of what a machine that has ended changed: its disk is served by a guest that starts nothing. The
 * folder of the layer is unpacked from its archive. The snapshot is gone afterwards.
 *
 * Crash windows: as of `seal`. The guest's supervisor leaves with this daemon.
 */
export async function sealMachine(
	context: StepContext,
	{ spec, machines }: { readonly spec: TaskSpec; readonly machines: RuntimeDriver },
	{ base, lease, signal }: Pick<Running, "base" | "lease" | "signal">,
): Promise<StepResult> {
	const { snapshots } = context;
	const blob = await packMachine(context, { spec, machines }, { base, lease, signal });
	await snapshots.remove(spec.id);
	if (blob.digest === emptyLayer) return { ...base, layer: undefined };
	const layer = { diffId: blob.digest, digest: blob.digest, size: blob.size };
	const chainId = base.chainId === undefined ? layer.diffId : digestOf(`${base.chainId} ${layer.diffId}`);
	const layers = [...base.layers, layer];
	lease.hold(chainId);
	await context.images.unpack(layers, { lease, signal });
	const { bytes } = snapshots.layerUsage(chainId);
	return { layers, chainId, layer: { ...layer, chainId, unpackedBytes: bytes } };
}

async function packMachine(
	{ archive, content, snapshots, latestTime, runRoot }: StepContext,
	{ spec, machines }: { readonly spec: TaskSpec; readonly machines: RuntimeDriver },
	{ base, lease, signal }: Pick<Running, "base" | "lease" | "signal">,
): Promise<{ readonly digest: Digest; readonly size: number }> {
	const folder = join(runRoot, "files", spec.id);
	await using undo = new AsyncDisposableStack();
	undo.defer(() => removeTreeSync(folder));
	const { upperPath } = undo.use(await machines.openFiles!(withoutBinds(spec, folder), signal));
	const parent =
		base.chainId === undefined
			? undefined
			: ({ kind: "mounts", mounts: snapshots.layerMounts(base.chainId) } as const);
	const packed = archive.packChanges({ changesDirectory: upperPath, parent }, signal);
	const tar = latestTime === undefined ? packed : withLatestTime(packed, latestTime);
	return await content.write(tar, {}, { lease, signal });
}

/** The same disks, and nothing of the host. */
function withoutBinds(spec: TaskSpec, folder: string): TaskSpec {
	const { trees: _trees, memoryDir: _memory, ...rest } = spec;
	return {
		...rest,
		stateDir: join(folder, "state"),
		runDir: join(folder, "run"),
		spec: { ...spec.spec, mounts: spec.spec.mounts.filter(({ type }) => type !== "bind") },
	};
}
