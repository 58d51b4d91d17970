import { spawn } from "node:child_process";
import { join } from "node:path";
import type { CommandOutput } from "./docker-cli.ts";

const project = new URL("../..", import.meta.url).pathname;

/** Our own command line: the built one when `HULL_TEST_DIST` is set, else from source. */
export function hullCommand(): [string, ...string[]] {
	if (process.env["HULL_TEST_DIST"]) return [join(project, "dist/hull")];
	return [process.execPath, join(project, "src/bin/hull.ts")];
}

export interface HullOptions {
	readonly input?: string | Uint8Array;
	readonly cwd?: string;
	readonly env?: Readonly<Record<string, string>>;
	/** Called when it has started, with its process id. */
	readonly onStart?: (pid: number) => void;
	readonly onOutput?: (stdout: string) => void;
	readonly timeoutMs?: number;
}

/** Runs `hull` against an engine's socket. */
export function hullCli(
	socket: string | undefined,
	args: readonly string[],
	options: HullOptions = {},
): Promise<CommandOutput> {
	const [program, ...entry] = hullCommand();
	const host = socket === undefined ? {} : { HULL_HOST: `unix://${socket}` };
	const child = spawn(program, [...entry, ...args], {
		stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
		cwd: options.cwd,
		env: { ...process.env, DOCKER_CONFIG: "/nonexistent", ...host, ...options.env },
	});
	const { promise, resolve, reject } = Promise.withResolvers<CommandOutput>();
	let stdout = "";
	let stderr = "";
	child.stdout!.on("data", (chunk) => {
		stdout += chunk;
		options.onOutput?.(stdout);
	});
	child.stderr!.on("data", (chunk) => {
		stderr += chunk;
	});
	child.stdin?.on("error", () => undefined);
	if (options.input !== undefined) child.stdin!.end(options.input);
	if (child.pid !== undefined) options.onStart?.(child.pid);
	const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 60_000);
	child.on("error", reject);
	child.on("close", (code, signal) => {
		clearTimeout(timer);
		resolve({ code: code ?? (signal === "SIGKILL" ? 137 : 255), stdout, stderr });
	});
	return promise;
}
