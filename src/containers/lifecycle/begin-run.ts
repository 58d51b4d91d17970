import { rmSync } from "node:fs";
import { join } from "node:path";
import { failpoint } from "../../lib/index.ts";
import type { Endpoint } from "../../networks/index.ts";
import type { Sandbox, SavedMachine, Task, TaskSpec } from "../../runtime/index.ts";
import type { Container, Run } from "../container.ts";
import type { Context } from "../context.ts";
import { readAccounts } from "../files/accounts.ts";
import { writeNetworkFiles } from "../files/network-files.ts";
import { reachFiles } from "../files/reach.ts";
import { startHealthMonitor } from "../health/start.ts";
import { driverOf } from "../isolation.ts";
import { taskLocation } from "../locations.ts";
import { beginShipping } from "../logs/begin-shipping.ts";
import { connectNetworks, disconnectNetworks } from "../networking/connect-networks.ts";
import { linkEnvironment } from "../networking/link-environment.ts";
import { linkedContainers } from "../networking/linked.ts";
import { publishedEndpoint } from "../networking/own-endpoints.ts";
import { adoptPublication } from "../ports/publication.ts";
import { publishPorts } from "../ports/publish-ports.ts";
import { publish } from "../publish.ts";
import { changeState } from "../record/change.ts";
import { provideSecrets } from "../secrets/provide.ts";
import { timestamp } from "../timestamp.ts";
import { openIdentity } from "../user-namespace/open.ts";
import { asNobody } from "./as-nobody.ts";
import { awaitLeaving } from "./await-leaving.ts";
import { commandOf } from "./merge-config.ts";
import { mountVolumes } from "./mount-volumes.ts";
import { openSandbox } from "./open-sandbox.ts";
import { openTrees } from "./open-trees.ts";
import { prepareMounts } from "./prepare-mounts.ts";
import { publishVolumes } from "./publish-volumes.ts";
import { adoptTask } from "./run.ts";
import { dockerStartError } from "./start-error.ts";
import { type PreparedRun, taskSpec } from "./task-spec.ts";

/**
 * Starts a container's process, or lets it go on from where a machine was saved. The caller holds its lock and has
 * seen that it may be started. The supervisor is started while the endpoint is made; nothing on this path is synced
 * but the database's log.
 *
 * Crash windows: until the task has started, boot finds a supervisor that was not told to start (it leaves when the
 * daemon's connection closes) and an endpoint of a container that does not run, and gives both back. Between the
 * start and the record, boot finds a task that runs though its record does not say so, and takes it as it is: it was
 * asked for. The exit record of the run before is removed first, so that it is never taken for this run's.
 */
export async function beginRun(context: Context, container: Container, saved?: SavedMachine): Promise<Run> {
	await awaitLeaving(container);
	const { record } = container;
	await using undo = new AsyncDisposableStack();
	await mountVolumes(context, record, record.id);
	undo.defer(() => context.volumes.unmount(record.id));
	const { runDir } = taskLocation(context, record.id);
	using mapped = await openIdentity(context, container);
	const secrets = provideSecrets(context, container, mapped?.ids);
	undo.defer(() => context.delivery.release(container.id));
	const hostMounts = [...prepareMounts(record.mounts, context.volumes), ...secrets.mounts];
	using opened = await openTrees(context, hostMounts, { runDir, mapped });
	const spec = await runSpec(context, container, { ...opened, mapped, secrets, saved });
	rmSync(join(spec.stateDir, "exit.json"), { force: true });
	failpoint("containers.start.after-preparations");
	await beginShipping(context, record);
	undo.defer(() => context.logShipping.over(record.id));

	await using sandbox = await openSandbox(context, container, { task: spec, mapped });
	undo.defer(() => disconnectNetworks(context, container));
	const { task, endpoints } = await inDockersWords(
		container,
		makeTask(context, container, { sandbox, spec }),
	);
	undo.defer(() => task.delete());
	writeNetworkFiles(context, record, { endpoints, owner: mapped?.owners.root });
	// Before its process runs: a port in use is the start's error.
	const endpoint = publishedEndpoint(context, endpoints);
	const publication = await publishPorts(context, container, { task, endpoint });
	undo.defer(() => publication?.stop());
	failpoint("containers.start.after-ports");
	publishVolumes(context, container, "mount");
	undo.defer(() => publishVolumes(context, container, "unmount"));
	failpoint("containers.start.after-task");

	const joining = joinClients(container, task);
	const { pid } = await inDockersWords(container, task.start());
	await joining;
	failpoint("containers.start.after-start");
	undo.defer(() => task.signal(9).catch(() => undefined));
	const startedAt = timestamp();
	changeState(context, container, { kind: "started", pid, startedAt });
	undo.move();
	failpoint("containers.start.after-persist");

	adoptPublication(context, container, publication);
	const run = adoptTask(container, task, saved === undefined ? spec.spec.process : undefined);
	// Those that came while it was starting.
	await joinClients(container, task);
	publish(context, container, { action: "start" });
	startHealthMonitor(context, container, run);
	return run;
}

/** Whom a machine was saved with it runs as; its disk must not be changed by looking the user up in it. */
async function runSpec(
	context: Context,
	container: Container,
	prepared: Omit<PreparedRun, "accounts" | "linkEnv">,
): Promise<TaskSpec> {
	const { record } = container;
	const linkEnv = linkEnvironment(record, linkedContainers(context, record));
	if (prepared.saved !== undefined) {
		const alone = { ...container, record: asNobody(record) };
		return taskSpec(context, alone, { ...prepared, accounts: { passwd: "", group: "" }, linkEnv });
	}
	const openFiles = () => reachFiles(context, container, { binds: false, locked: true });
	const accounts = await readAccounts(context, container, { openFiles });
	return taskSpec(context, container, { ...prepared, accounts, linkEnv });
}

async function inDockersWords<T>({ record }: Container, work: Promise<T>): Promise<T> {
	try {
		return await work;
	} catch (error) {
		throw dockerStartError(error, commandOf(record.config).path);
	}
}

/** The supervisor and the endpoints, made side by side; when one fails, what the other made is undone. */
async function makeTask(
	context: Context,
	container: Container,
	parts: { readonly sandbox: Sandbox; readonly spec: TaskSpec },
): Promise<{ task: Task; endpoints: Endpoint[] }> {
	const { sandbox, spec } = parts;
	const [task, endpoints] = await Promise.allSettled([
		driverOf(context, container.record).createTask(sandbox, spec),
		connectNetworks(context, container, sandbox),
	]);
	if (task.status === "rejected") throw task.reason;
	if (endpoints.status === "fulfilled") return { task: task.value, endpoints: endpoints.value };
	await task.value.delete();
	throw endpoints.reason;
}

/** Attaches those who wait for this task; the requests go out before the start does. */
async function joinClients(container: Container, task: Task): Promise<void> {
	const joiners = [...container.joiners];
	container.joiners.clear();
	await Promise.all(
		joiners.map(async (joiner) => {
			const { stdin, stdout, stderr } = joiner;
			try {
				joiner.join(await task.attach({ stdin, stdout, stderr }));
			} catch {
				joiner.abandon();
			}
		}),
	);
}
