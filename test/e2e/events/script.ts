/**
 * One of everything that an engine tells of, in the order in which it is asked. Runs against any engine with Docker's
 * API that has `busybox:latest` and nothing else; leaves that image only.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { dockerCli } from "../../support/docker-cli.ts";
import { eventually } from "../../support/eventually.ts";
import type { EventMessage } from "./listen.ts";

export interface ScriptEngine {
	readonly socket: string;
	/** A folder for archives. */
	readonly folder: string;
	/** What was told so far. */
	readonly told: readonly EventMessage[];
}

export async function runScript(engine: ScriptEngine): Promise<void> {
	await containers(engine);
	await endings(engine);
	await troubles(engine);
	await images(engine);
	await networks(engine);
	await volumes(engine);
	await prunes(engine);
}

const label = ["--label", "tier=front"];
const plain = [...["--network", "none"], "busybox:latest"];
const sleeper = [...plain, "sleep", "1000"];

async function containers(engine: ScriptEngine): Promise<void> {
	const docker = commands(engine);
	await docker("create", "--name", "short", ...label, ...plain, "echo", "said");
	await docker("start", "-a", "short");
	await docker("rename", "short", "brief");
	await docker("export", "-o", join(engine.folder, "export.tar"), "brief");
	await docker("commit", "brief", "kept:one");
	await docker("cp", "brief:/etc/passwd", join(engine.folder, "passwd"));
	await docker("cp", join(engine.folder, "passwd"), "brief:/etc/other");
	await docker("rm", "brief");

	await docker("run", "-dt", "--name", "long", ...sleeper);
	await post(engine, "/containers/long/resize?h=20&w=70");
	await docker("exec", "long", "sh", "-c", "exit 3").catch(() => undefined);
	await toldOf(engine, "exec_die", 1);
	await docker("exec", "-d", "long", "true");
	await toldOf(engine, "exec_die", 2);
	await docker("top", "long");
	await docker("update", "--memory", "64m", "--memory-swap", "64m", "long");
	await docker("pause", "long");
	await docker("unpause", "long");
	await docker("kill", "-s", "USR1", "long");
}

async function endings(engine: ScriptEngine): Promise<void> {
	const docker = commands(engine);
	await docker("restart", "-t", "0", "long");
	await docker("stop", "-t", "0", "long");
	await docker("start", "long");
	await docker("kill", "long");
	await docker("wait", "long");
	await docker("start", "long");
	await docker("rm", "-f", "long");
	await docker("run", "--rm", "--name", "gone", ...plain, "false").catch(() => undefined);
	await toldOf(engine, "destroy", 3);
}

async function troubles(engine: ScriptEngine): Promise<void> {
	const docker = commands(engine);
	const check = ["--health-cmd", "true", "--health-interval", "1s"];
	await docker("run", "-d", "--name", "checked", ...check, ...sleeper);
	await toldOf(engine, "health_status: healthy", 1);
	await docker("rm", "-f", "checked");
	const limits = ["--memory", "16m", "--memory-swap", "16m"];
	await docker("run", "--name", "hungry", ...limits, ...plain, "tail", "/dev/zero").catch(() => undefined);
	await toldOf(engine, "oom", 1);
	await docker("rm", "hungry");
}

async function images(engine: ScriptEngine): Promise<void> {
	const docker = commands(engine);
	const archive = join(engine.folder, "saved.tar");
	await docker("tag", "kept:one", "kept:two");
	await docker("rmi", "kept:two");
	await docker("save", "-o", archive, "kept:one");
	await docker("rmi", "kept:one");
	await docker("load", "-i", archive);
	await docker("import", join(engine.folder, "export.tar"), "brought:in");
	await docker("rmi", "brought:in");
	rmSync(archive);
}

async function networks(engine: ScriptEngine): Promise<void> {
	const docker = commands(engine);
	await docker("network", "create", "--subnet", "10.211.7.0/24", "first");
	await docker("network", "create", "--subnet", "10.211.8.0/24", "second");
	await docker("run", "-d", "--name", "linked", "--network", "first", "busybox:latest", "sleep", "1000");
	await docker("network", "connect", "second", "linked");
	await docker("network", "disconnect", "second", "linked");
	await docker("rm", "-f", "linked");
	await docker("network", "rm", "second");
}

async function volumes(engine: ScriptEngine): Promise<void> {
	const docker = commands(engine);
	await docker("volume", "create", "--label", "tier=back", "data");
	await docker("create", "--name", "keeper", "-v", "data:/data:ro", "-v", "/scratch", ...plain, "true");
	await docker("start", "-a", "keeper");
	await docker("rm", "-v", "keeper");
	await docker("volume", "rm", "data");
}

async function prunes(engine: ScriptEngine): Promise<void> {
	const docker = commands(engine);
	await docker("create", "--name", "stale", ...plain, "true");
	await docker("container", "prune", "-f");
	await docker("network", "prune", "-f");
	await docker("volume", "create", "unused");
	// Named ones as well: so it was before 1.42.
	await post(engine, "/v1.41/volumes/prune");
	await docker("image", "prune", "-f");
	await post(engine, "/build/prune");
	await docker("rmi", "kept:one");
	await toldOf(engine, "prune", 5);
}

/** Docker's command line; rejects when it fails. */
function commands({ socket }: ScriptEngine): (...args: readonly string[]) => Promise<void> {
	return async (...args) => {
		const { code, stderr } = await dockerCli(socket, args);
		if (code !== 0) throw new Error(`docker ${args.join(" ")}: exit ${code}: ${stderr}`);
	};
}

async function post({ socket }: ScriptEngine, path: string): Promise<void> {
	const { status } = await fetch(`http://engine${path}`, { unix: socket, method: "POST" });
	if (status >= 300) throw new Error(`POST ${path}: ${status}`);
}

/** Waits until so many events of this action have come: what follows a detached process comes in its own time. */
async function toldOf({ told }: ScriptEngine, action: string, count: number): Promise<void> {
	await eventually(() => {
		const found = told.filter(({ Action }) => Action === action).length;
		if (found < count) throw new Error(`${found} of ${count} events ${action}`);
	}, 30_000);
}
