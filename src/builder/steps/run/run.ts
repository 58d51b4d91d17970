import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError, removeTreeSync } from "../../../lib/index.ts";
import { buildHosts, type Endpoint } from "../../../networks/index.ts";
import {
	buildSpec,
	type GrantedDevice,
	resolveUser,
	type Sandbox,
	type TaskSpec,
} from "../../../runtime/index.ts";
import type { RunOperation } from "../../graph/graph.ts";
import type { StepContext } from "../context.ts";
import { CommandFailed } from "../failed.ts";
import type { StepResult } from "../result.ts";
import { seal } from "../seal.ts";
import { grantDevices } from "./devices.ts";
import { followTask } from "./follow-task.ts";
import { ForeignProgram } from "./foreign-program.ts";
import { withInitFolder } from "./init-folder.ts";
import { checkMachine, machineOf, sealMachine } from "./machine.ts";
import { openMounts, type Place, type RunMounts } from "./mounts.ts";
import { runLocation } from "./recover.ts";
import type { Running } from "./running.ts";

/** The name of every RUN's host: the same in each build, so that what is built is the same. */
const hostname = "buildkitsandbox";
const engineFiles = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"];

/**
 * Carries RUN out: a process in a sandbox of its own on a writable snapshot of the base, what it changed becomes a
 * layer. Errors: {@link CommandFailed} with Docker's text; `forbidden` and `not_implemented` for what is not allowed
 * or not there, by name.
 *
 * After a kill its processes run on until the next start, which ends them ({@link recoverRuns}); snapshot, endpoint
 * and secrets are then those of a container that does not exist, and go with the like.
 */
export async function runStep(
	context: StepContext,
	operation: RunOperation,
	running: Running,
): Promise<StepResult> {
	checkAllowed(context, operation);
	const { base, signal, lease } = running;
	const id = randomBytes(32).toString("hex");
	const place = runLocation(context, id);
	await using undo = new AsyncDisposableStack();
	const isMachine = context.request.isolation === "vm";
	if (isMachine) await context.snapshots.prepareMachine(id, base.chainId, context.machineDiskBytes);
	else await context.snapshots.prepare(id, base.chainId);
	undo.defer(() => context.snapshots.remove(id));
	mkdirSync(place.stateDir, { recursive: true, mode: 0o710 });
	undo.defer(() => removeTreeSync(place.stateDir));
	const accounts = context.accounts.of(base.chainId);
	let spec: TaskSpec;
	{
		const mounts = operation.mounts.map((mount, index) => ({ mount, source: running.sources[index] }));
		await using opened = await openMounts(context, mounts, { place, signal });
		const user = resolveUser(operation.user, await accounts);
		const devices = grantDevices(operation, context.request, (text) =>
			running.onOutput("stderr", Buffer.from(text)),
		);
		spec = await taskSpec(context, operation, { place, opened, user, base, devices });
		const foreign = new ForeignProgram(operation.platform);
		const onOutput: Running["onOutput"] = (stream, data) => {
			foreign.see(data);
			running.onOutput(stream, data);
		};
		const exitCode = await runTask(context, { spec, operation, running: { ...running, onOutput } });
		if (exitCode !== 0) throw foreign.error() ?? commandFailed(operation, exitCode);
	}
	if (isMachine) return await sealMachine(context, { spec, machines: context.machines }, running);
	const mountPoints = [...engineFiles];
	return await seal(context, { key: id, base, isLinked: false, mountPoints, lease, signal });
}

function checkAllowed({ request }: StepContext, operation: RunOperation): void {
	const { security, network } = operation;
	if (request.isolation === "vm") checkMachine(operation);
	const refuse = (what: string) => {
		throw new EngineError("forbidden", `${what} is not allowed: pass --allow ${what} to allow it`);
	};
	if (security === "insecure" && request.allow?.has("security.insecure") !== true)
		refuse("security.insecure");
	if (network === "host" && request.network !== "host" && request.allow?.has("network.host") !== true)
		refuse("network.host");
}

function commandFailed({ args }: RunOperation, exitCode: number): CommandFailed {
	return new CommandFailed(`The command '${args.join(" ")}' returned a non-zero code: ${exitCode}`, exitCode);
}

interface Prepared {
	readonly place: Place;
	readonly opened: RunMounts;
	readonly user: ReturnType<typeof resolveUser>;
	readonly base: StepResult;
	readonly devices: readonly GrantedDevice[];
}

async function taskSpec(
	context: StepContext,
	operation: RunOperation,
	{ place, opened, user, base, devices }: Prepared,
): Promise<TaskSpec> {
	const { request, snapshots, log, host } = context;
	const { limits } = request;
	const isInsecure = operation.security === "insecure";
	const documents = writeDocuments(operation, place.stateDir);
	const { spec, warnings } = buildSpec({
		id: place.id,
		args: operation.args,
		env: [...operation.env, ...opened.env],
		workingDir: operation.workdir,
		terminal: false,
		user,
		hostname,
		privileged: isInsecure,
		devices,
		namespaces: {
			network: operation.network === "host" ? "host" : "own",
			pid: { kind: "own" },
			ipc: { kind: "own" },
			uts: { kind: "own" },
		},
		cgroupParent: limits.cgroupParent,
		mounts: [...opened.mounts, ...documents.mounts],
		files: {
			hosts: join(place.stateDir, "hosts"),
			hostname: join(place.stateDir, "hostname"),
			resolvConf: join(place.stateDir, "resolv.conf"),
		},
		shmSize: request.shmSizeBytes,
		resources: {
			memoryBytes: limits.memoryBytes,
			memorySwapBytes: limits.memorySwapBytes,
			cpuShares: limits.cpuShares,
			cpuPeriodMicros: limits.cpuPeriod,
			cpuQuotaMicros: limits.cpuQuota,
			cpusetCpus: limits.cpusetCpus,
			cpusetMems: limits.cpusetMems,
		},
		ulimits: limits.ulimits.map((limit) => ({ ...limit, origin: "user" })),
		host,
	});
	for (const warning of warnings) log.warn(warning, { build: request.id });
	const targets = [...engineFiles.map((path) => ({ path, isFolder: false })), ...opened.targets];
	return {
		...place,
		spec,
		trees: opened.trees,
		...(request.isolation === "vm"
			? { rootfs: [], machine: await machineOf(context, place, { base, targets, hostname }) }
			: {
					rootfs: withInitFolder(snapshots.mounts(place.id, { volatile: true }), targets, {
						folder: join(place.stateDir, "init"),
						changesDirectory: snapshots.changesDirectory(place.id),
					}),
				}),
		terminal: false,
		openStdin: false,
		stdinOnce: false,
		log: { driver: "none", path: "", maxSizeBytes: 0, maxFiles: 1, attrs: "" },
		...(opened.memoryDir === undefined ? {} : { memoryDir: opened.memoryDir }),
	};
}

/** Scripts of here-documents, each a file at the path that stands for it. */
function writeDocuments({ documents }: RunOperation, stateDir: string) {
	const mounts = documents.map(({ name, content }, index) => {
		const source = join(stateDir, `document-${index}`);
		writeFileSync(source, content, { mode: 0o755 });
		return {
			kind: "bind",
			source,
			destination: name,
			readOnly: true,
			propagation: "rprivate",
			recursive: false,
			readOnlyRecursion: "writable",
		} as const;
	});
	return { mounts };
}

async function runTask(
	context: StepContext,
	{
		spec,
		operation,
		running,
	}: { readonly spec: TaskSpec; readonly operation: RunOperation; readonly running: Running },
): Promise<number> {
	const { networks } = context;
	const runtime = context.request.isolation === "vm" ? context.machines : context.runtime;
	const { signal } = running;
	signal.throwIfAborted();
	await using undo = new AsyncDisposableStack();
	const network = operation.network === "host" ? "host" : "own";
	const sandbox = await runtime.createSandbox({
		id: spec.id,
		network:
			network === "host"
				? { kind: "host" }
				: { kind: "own", endpoints: operation.network === "default" ? 1 : 0 },
		task: spec,
	});
	undo.use(sandbox);
	undo.defer(() => networks.disconnect(spec.id));
	const [task, endpoint] = await Promise.allSettled([
		runtime.createTask(sandbox, spec, signal),
		connect(context, sandbox, { id: spec.id, operation, signal }),
	]);
	if (task.status === "rejected") throw task.reason;
	undo.defer(() => task.value.delete());
	if (endpoint.status === "rejected") throw endpoint.reason;
	writeNetworkFiles(context, spec.stateDir, { operation, endpoint: endpoint.value });
	return await followTask(task.value, running);
}

async function connect(
	{ networks }: StepContext,
	sandbox: Sandbox,
	run: { readonly id: string; readonly operation: RunOperation; readonly signal: AbortSignal },
): Promise<Endpoint | undefined> {
	if (run.operation.network !== "default") return undefined;
	return networks.connect(sandbox.plug, { networkId: "bridge", containerId: run.id }, run.signal);
}

function writeNetworkFiles(
	{ networks, request }: StepContext,
	stateDir: string,
	{ operation, endpoint }: { readonly operation: RunOperation; readonly endpoint: Endpoint | undefined },
): void {
	const isHost = operation.network === "host";
	const gateway = endpoint?.ipv4Gateway;
	const addresses = [endpoint?.ipv4Address, endpoint?.ipv6Address].filter(
		(one) => one !== undefined && one !== "",
	);
	writeFileSync(join(stateDir, "hostname"), `${hostname}\n`);
	writeFileSync(
		join(stateDir, "hosts"),
		buildHosts({
			hostname,
			addresses: addresses as string[],
			extraHosts: request.extraHosts,
			...(gateway ? { hostGateway: gateway } : isHost ? { hostGateway: "127.0.0.1" } : {}),
			...(isHost ? { base: readFileSync("/etc/hosts", "utf8") } : {}),
		}),
	);
	const none = { dns: [], search: [], options: [] };
	writeFileSync(join(stateDir, "resolv.conf"), networks.resolvConf({ ...none, hostNetwork: isHost }));
}
