import { expect } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeBusyboxArchive } from "./busybox-image.ts";
import { type CommandOutput, dockerCli } from "./docker-cli.ts";
import { eventually } from "./eventually.ts";
import { dismantle, kernelTraces, leftovers, processesNaming } from "./leftovers.ts";

/** An engine of its own for a test file: own folders, own bridge, and nothing left when it is disposed. */
export interface TestDaemon extends AsyncDisposable {
	readonly socket: string;
	readonly dataRoot: string;
	readonly runRoot: string;
	/** Process id of the hulld that serves now. */
	readonly pid: number;
	/** Runs Docker's command line against it. */
	docker(args: readonly string[], options?: DockerOptions): Promise<CommandOutput>;
	/** The same, for commands that must succeed; gives what they print. */
	ok(args: readonly string[], options?: DockerOptions): Promise<string>;
	/** A request to the API; the answer's JSON, or text. */
	api(method: string, path: string, body?: unknown): Promise<ApiAnswer>;
	/** Starts hulld (again). With `failpoint` it kills itself there. Rejects when it ends before it serves. */
	start(options?: { failpoint?: string }): Promise<void>;
	/** SIGTERM; resolves with the exit code when it has ended. */
	stop(): Promise<number>;
	/** `kill -9`. */
	kill(): Promise<void>;
	/** Resolves when the running hulld has ended by itself. */
	ended(): Promise<void>;
	/** What it wrote to stderr so far. */
	log(): string;
	/** Removes every container and asserts that nothing of any container is left on the machine. */
	assertClean(): Promise<void>;
}

export interface DockerOptions {
	readonly input?: string | Uint8Array;
	readonly timeoutMs?: number;
	readonly env?: Readonly<Record<string, string>>;
}

export interface ApiAnswer {
	readonly status: number;
	// biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field
	readonly json: any;
	readonly text: string;
}

export interface TestDaemonOptions {
	/** Default: a new folder below the system's temporary one. */
	readonly dataRoot?: string;
	readonly arguments?: readonly string[];
	/** A command that starts hulld. */
	readonly through?: readonly string[];
	/** Load busybox; default true. */
	readonly image?: boolean;
}

/** A machine's template that is being made in the background takes the longest. */
const settleMs = 45_000;
const project = new URL("../..", import.meta.url).pathname;

/** The command that tests start as hulld: the built one when `HULL_TEST_DIST` is set, else from source. */
export function hulldCommand(): string[] {
	if (process.env["HULL_TEST_DIST"]) return [join(project, "dist/hulld")];
	return [process.execPath, join(project, "test/support/hulld.ts")];
}

export async function startTestDaemon(options: TestDaemonOptions = {}): Promise<TestDaemon> {
	const root = mkdtempSync(join(tmpdir(), "hull-e2e-"));
	// Whom a user namespace takes for root has to come through.
	chmodSync(root, 0o711);
	const dataRoot = options.dataRoot ?? join(root, "data");
	const runRoot = join(root, "run");
	const socket = join(runRoot, "hull.sock");
	let hulld: Hulld | undefined;
	let log = "";

	const start = async (startOptions: { failpoint?: string } = {}) => {
		hulld = spawnHulld({
			through: options.through ?? [],
			args: ["--data-root", dataRoot, "--run-root", runRoot, ...(options.arguments ?? [])],
			...startOptions,
			onLog: (text) => {
				log += text;
			},
		});
		await hulld.listening;
	};
	const docker = (args: readonly string[], dockerOptions: DockerOptions = {}) =>
		dockerCli(socket, args, dockerOptions);
	const ok = async (args: readonly string[], dockerOptions?: DockerOptions) => {
		const output = await docker(args, dockerOptions);
		if (output.code !== 0)
			throw new Error(
				`docker ${args.join(" ")}: exit ${output.code}\n${output.stderr}${output.stdout}\n${log}`,
			);
		return output.stdout;
	};
	const daemon: TestDaemon = {
		socket,
		dataRoot,
		runRoot,
		get pid() {
			return hulld!.child.pid!;
		},
		docker,
		ok,
		api: (method, path, body) => request(socket, { method, path, body }),
		start,
		async stop() {
			hulld!.child.kill("SIGTERM");
			return await hulld!.ended;
		},
		async kill() {
			hulld!.child.kill("SIGKILL");
			await hulld!.ended;
		},
		async ended() {
			await hulld!.ended;
		},
		log: () => log,
		assertClean: () => assertClean(daemon),
		async [Symbol.asyncDispose]() {
			let snapshots: string[];
			try {
				if (!hulld!.isRunning()) await start();
				await assertClean(daemon);
				expect(await daemon.stop()).toBe(0);
				expect(kernelTraces(dataRoot)).toEqual([]);
			} finally {
				if (hulld!.isRunning()) await daemon.kill();
				snapshots = await dismantle(dataRoot);
				rmSync(root, { recursive: true, force: true });
			}
			expect(snapshots).toEqual([]);
			expect(processesNaming(root)).toEqual([]);
		},
	};
	try {
		await start();
	} catch (error) {
		rmSync(root, { recursive: true, force: true });
		throw error;
	}
	if (options.image ?? true) await loadBusybox(daemon, root);
	return daemon;
}

interface Hulld {
	readonly child: ChildProcess;
	readonly listening: Promise<void>;
	readonly ended: Promise<number>;
	isRunning(): boolean;
}

function spawnHulld(options: {
	readonly through: readonly string[];
	readonly args: readonly string[];
	readonly failpoint?: string;
	readonly onLog: (text: string) => void;
}): Hulld {
	const [program, ...entry] = [...options.through, ...hulldCommand()];
	const child = spawn(program!, [...entry, ...options.args], {
		stdio: ["ignore", "pipe", "pipe"],
		env: { ...process.env, ...(options.failpoint ? { HULL_FAILPOINT: options.failpoint } : {}) },
	});
	const listening = Promise.withResolvers<void>();
	const ended = Promise.withResolvers<number>();
	let stdout = "";
	let stderr = "";
	child.stdout!.on("data", (chunk) => {
		stdout += chunk;
		if (stdout.includes("API listening on")) listening.resolve();
	});
	child.stderr!.on("data", (chunk) => {
		stderr += chunk;
		options.onLog(String(chunk));
	});
	child.on("close", (code) => {
		ended.resolve(code ?? -1);
		listening.reject(new Error(`hulld ended with ${code} before it served:\n${stderr}`));
	});
	return {
		child,
		listening: listening.promise,
		ended: ended.promise,
		isRunning: () => child.exitCode === null && child.signalCode === null,
	};
}

async function loadBusybox(daemon: TestDaemon, root: string): Promise<void> {
	const archive = join(root, "busybox.tar");
	await makeBusyboxArchive(archive, "busybox:latest");
	await daemon.ok(["load", "-q", "-i", archive]);
}

async function request(
	socket: string,
	call: { readonly method: string; readonly path: string; readonly body: unknown },
): Promise<ApiAnswer> {
	const response = await fetch(`http://hull${call.path}`, {
		unix: socket,
		method: call.method,
		...(call.body === undefined
			? {}
			: { body: JSON.stringify(call.body), headers: { "Content-Type": "application/json" } }),
	});
	const text = await response.text();
	return { status: response.status, text, json: parseJson(text) };
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** True when a container's supervisor has left its exit record, or the container is gone: seen without the daemon. */
export function hasEnded({ dataRoot }: TestDaemon, id: string): boolean {
	const folder = join(dataRoot, "containers", id);
	return !existsSync(folder) || existsSync(join(folder, "exit.json"));
}

async function assertClean(daemon: TestDaemon): Promise<void> {
	const ids = (await daemon.ok(["ps", "-aq", "--no-trunc"])).split("\n").filter((id) => id !== "");
	if (ids.length > 0) await daemon.ok(["rm", "-f", "-v", ...ids]);
	const { json } = await daemon.api("GET", "/networks/bridge");
	const bridge: string = json.Options["com.docker.network.bridge.name"];
	const everMade = await containersOfHistory(daemon);
	await eventually(
		() =>
			expect(leftovers(daemon, { bridge, everMade })).toEqual({
				folders: [],
				runFolders: [],
				mounts: [],
				loopDevices: [],
				cgroups: [],
				links: [],
				processes: [],
			}),
		settleMs,
	);
}

/** Ids of all containers that this engine told of. */
async function containersOfHistory(daemon: TestDaemon): Promise<string[]> {
	const until = Math.ceil(Date.now() / 1000) - 1;
	const filters = encodeURIComponent(JSON.stringify({ event: ["create"], type: ["container"] }));
	const { text } = await daemon.api("GET", `/events?since=0&until=${until}&filters=${filters}`);
	const lines = text.split("\n").filter((line) => line !== "");
	return lines.map((line) => JSON.parse(line).Actor.ID as string);
}
