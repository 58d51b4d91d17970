import { mkdirSync } from "node:fs";
import type { HostConfig } from "../../api/index.ts";
import { failpoint, translateSystemError } from "../../lib/index.ts";
import type { SavedMachine } from "../../runtime/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { beginRun } from "../lifecycle/begin-run.ts";
import { newContainerId } from "../lifecycle/describe.ts";
import { removeUnderLock } from "../lifecycle/destroy.ts";
import { inventName, parseContainerName } from "../lifecycle/names.ts";
import { supervise } from "../lifecycle/supervise.ts";
import { taskLocation } from "../locations.ts";
import { publish } from "../publish.ts";
import type { ContainerRecord } from "../record/record.ts";
import { timestamp } from "../timestamp.ts";

/** A machine that stands somewhere, and whose it was. */
export interface Origin {
	readonly record: ContainerRecord;
	/** The snapshot with its disk. */
	readonly diskKey: string;
	readonly saved: SavedMachine;
}

/**
 * Makes a container that goes on where a saved machine stood: another id, name, addresses and host name, unless a
 * host name was asked for. Binds and volumes are the same. Errors: `conflict` for a name that is taken, `not_found`
 * for a volume that is gone.
 *
 * Crash windows: disk and folder come first, the record next, as in a creation; a container that is there but was
 * not brought up yet starts anew when it is started.
 */
export async function bringUp(
	context: Context,
	origin: Origin,
	options: { readonly name?: string | undefined },
): Promise<{ readonly id: string; readonly name: string }> {
	const record = recordOf(context, origin.record, options.name);
	const { id, name } = record;
	const container = await make(context, record, origin.diskKey);
	using _lock = await context.locks.acquire(id);
	try {
		supervise(context, container, await beginRun(context, container, origin.saved));
	} catch (error) {
		await removeUnderLock(context, container, { volumes: false });
		throw error;
	}
	return { id, name };
}

async function make(context: Context, record: ContainerRecord, diskKey: string): Promise<Container> {
	const { id, name } = record;
	await using undo = new AsyncDisposableStack();
	context.registry.reserveName(name, id);
	undo.defer(() => context.registry.releaseName(name, id));
	await context.snapshots.copyMachine(id, diskKey);
	undo.defer(() => context.snapshots.remove(id));
	failpoint("containers.copy.after-disk");
	undo.defer(() => void context.volumes.release(id));
	for (const mount of record.mounts) if (mount.type === "volume") context.volumes.use(mount.name, id);
	const { stateDir } = taskLocation(context, id);
	try {
		mkdirSync(stateDir, { recursive: true, mode: 0o710 });
	} catch (error) {
		throw translateSystemError(error, stateDir);
	}
	context.documents.put(id, record);
	undo.move();
	const container = context.registry.add(record);
	publish(context, container, { action: "create" });
	context.images.noteUse(record.image.id);
	return container;
}

function recordOf(context: Context, from: ContainerRecord, wanted: string | undefined): ContainerRecord {
	const id = newContainerId();
	const name = wanted === undefined ? inventName(context.registry, id) : parseContainerName(wanted);
	const hasOwnHostname = from.config.Hostname !== from.id.slice(0, 12);
	return {
		...from,
		id,
		name,
		createdAt: timestamp(),
		hostConfig: withFreePorts(from.hostConfig),
		config: hasOwnHostname ? from.config : { ...from.config, Hostname: id.slice(0, 12) },
		// Addresses that were asked for are the other's.
		endpoints: Object.fromEntries(
			Object.entries(from.endpoints).map(([network, { MacAddress: _mac, IPAMConfig: _ipam, ...rest }]) => [
				network,
				rest,
			]),
		),
		state: { status: "created" },
		restartCount: 0,
		stoppedByUser: false,
	};
}

/** Ports of the host that were asked for are the other's: a copy gets free ones. */
function withFreePorts(hostConfig: HostConfig): HostConfig {
	if (hostConfig.PortBindings === undefined) return hostConfig;
	const bindings = Object.entries(hostConfig.PortBindings).map(([key, wanted]) => [
		key,
		wanted.map((binding) => ({ ...binding, HostPort: "" })),
	]);
	return { ...hostConfig, PortBindings: Object.fromEntries(bindings) };
}
