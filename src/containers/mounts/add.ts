import { readFileSync } from "node:fs";
import type { Mount, MountPoint } from "../../api/index.ts";
import { EngineError, failpoint } from "../../lib/index.ts";
import { checkPropagation } from "../../runtime/index.ts";
import { mapOwners } from "../../store/index.ts";
import { closeFd, restrictTree, type TreePropagation, tmpfsTree } from "../../sys/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { isolationOf } from "../isolation.ts";
import { confinedBinds } from "../lifecycle/confined-binds.ts";
import { openTree } from "../lifecycle/open-trees.ts";
import { planMounts } from "../lifecycle/plan-mounts.ts";
import { assertBindSources, type HostMount, prepareMounts } from "../lifecycle/prepare-mounts.ts";
import { provideVolumes } from "../lifecycle/provide-volumes.ts";
import { publishVolumes } from "../lifecycle/publish-volumes.ts";
import { mountPoint } from "../observe/mount-points.ts";
import { publish } from "../publish.ts";
import { saveRecord } from "../record/change.ts";
import type { ContainerMount } from "../record/record.ts";
import { checkUserNamespace } from "../user-namespace/choose.ts";
import { identityOfRun } from "../user-namespace/open.ts";

/**
 * Gives a container one more mount: at once while it runs, and at each start from then on. Errors: those of a create
 * request for the mount; `conflict` when something is mounted there already, or the place cannot be mounted on.
 *
 * Crash windows: it is mounted, then saved. A mount that was not saved is gone with the run, and what it needs of a
 * volume is found by boot to be used by nobody.
 */
export async function addMount(
	context: Context,
	reference: string,
	spec: Mount,
	{ bindRoots }: { readonly bindRoots?: readonly string[] } = {},
): Promise<MountPoint> {
	const container = context.registry.get(reference);
	using _lock = await context.locks.acquire(container.id);
	const { record } = container;
	assertChangeable(container);
	const asked = planMounts(
		{},
		{ Mounts: [spec] },
		{ mountsOf: () => [], image: (name) => context.images.get(name) },
	);
	const plan = { ...asked, mounts: confinedBinds(asked.mounts, bindRoots) };
	const [mount] = plan.mounts;
	checkUserNamespace(context, { ...record, mounts: [mount!] });
	if (isolationOf(record) === "vm") assertForMachine(container, mount!);
	assertFree(container, mount!.target);
	assertBindSources(plan.mounts);

	await using undo = new AsyncDisposableStack();
	await provideVolumes(context, { id: record.id, ...plan, undo });
	if (container.run !== undefined) await mountNow(context, container, { mount: mount!, undo });
	failpoint("containers.mount.after-mount");
	saveRecord(context, container, { ...record, mounts: [...record.mounts, mount!] });
	undo.move();
	if (container.run !== undefined) publishVolumes(context, container, "mount", plan.mounts);
	publish(context, container, { action: "update" });
	return mountPoint(context, mount!);
}

function assertForMachine({ run }: Container, mount: ContainerMount): void {
	if (mount.type === "bind" && !mount.propagation.endsWith("private"))
		throw new EngineError(
			"invalid_argument",
			`isolation vm does not support bind propagation ${mount.propagation} of ${mount.target}`,
		);
	if (mount.type === "tmpfs" && run !== undefined)
		throw new EngineError(
			"not_implemented",
			`isolation vm: a tmpfs (${mount.target}) cannot be mounted into a machine that runs; stop it first`,
		);
}

export function assertChangeable({ record }: Container): void {
	const { status } = record.state;
	if (status !== "removing" && status !== "dead") return;
	throw new EngineError(
		"conflict",
		`container ${record.name} is marked for removal: its mounts cannot be changed`,
	);
}

function assertFree({ record }: Container, target: string): void {
	const tmpfs = Object.keys(record.hostConfig.Tmpfs ?? {});
	if (![...record.mounts.map((mount) => mount.target), ...tmpfs].includes(target)) return;
	throw new EngineError("conflict", `Duplicate mount point: ${target}`);
}

async function mountNow(
	context: Context,
	container: Container,
	{ mount, undo }: { readonly mount: ContainerMount; readonly undo: AsyncDisposableStack },
): Promise<void> {
	if (mount.type === "volume") {
		const { name } = mount;
		const isHeld = container.record.mounts.some((other) => other.type === "volume" && other.name === name);
		await context.volumes.mount(name, container.id);
		if (!isHeld) undo.defer(() => context.volumes.unmount(container.id, name));
	}
	const tree = await treeOf(context, container, mount);
	try {
		const { target } = mount;
		const readOnly =
			mount.type === "tmpfs" ? mount.options.includes("ro") : mount.type === "image" || mount.readOnly;
		const { task } = container.run!;
		await task.mount(tree, { target, readOnly });
		undo.defer(() => task.unmount(target, { force: true }));
	} finally {
		closeFd(tree);
	}
}

async function treeOf(context: Context, container: Container, mount: ContainerMount): Promise<number> {
	if (mount.type === "tmpfs") return ownTmpfs(context, container, mount.options);
	const isMachine = isolationOf(container.record) === "vm";
	const [hostMount] = prepareMounts([mount], context.volumes);
	checkPropagation([hostMount!], () => readFileSync("/proc/self/mountinfo", "utf8"));
	using mapped = isMachine ? undefined : await identityOfRun(context, container);
	const tree = await openTree(context, hostMount!, mapped);
	try {
		restrict(tree, hostMount!);
		// QEMU reads and writes for the machine, and must be given nothing by it.
		if (isMachine) restrictTree(tree, { readOnly: false, inert: true, recursive: true });
		return tree;
	} catch (error) {
		closeFd(tree);
		throw error;
	}
}

/** Its root is the container's root's. */
async function ownTmpfs(context: Context, container: Container, options: readonly string[]): Promise<number> {
	const tree = tmpfsTree(options);
	try {
		using mapped = await identityOfRun(context, container);
		if (mapped !== undefined) mapOwners(tree, mapped.namespace.fd, { path: "tmpfs", recursive: false });
		return tree;
	} catch (error) {
		closeFd(tree);
		throw error;
	}
}

/** An image is read-only as it is opened. */
function restrict(
	tree: number,
	{ image, readOnly, readOnlyRecursion, propagation, recursive }: HostMount,
): void {
	const kind = (propagation.replace(/^r/, "") || "private") as TreePropagation;
	// A peer of the host's mount at first; what is below it travels as it does.
	restrictTree(tree, { readOnly: false, propagation: kind, recursive });
	if (!readOnly || image !== undefined) return;
	restrictTree(tree, { readOnly: true, recursive: readOnlyRecursion !== "writable" });
}
