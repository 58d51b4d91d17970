import { spawn } from "node:child_process";

export interface CommandOutput {
	/** 128 + n when ended by signal n; 124 when it took too long. */
	readonly code: number;
	readonly stdout: string;
	readonly stderr: string;
}

/** Docker's command line, of whatever version the machine has. */
export const dockerProgram = "docker";

/** Runs Docker's command line against an engine's socket. */
export function dockerCli(
	socket: string,
	args: readonly string[],
	options: {
		readonly input?: string | Uint8Array;
		readonly env?: Readonly<Record<string, string>>;
		readonly timeoutMs?: number;
		readonly cwd?: string;
	} = {},
): Promise<CommandOutput> {
	const child = spawn(dockerProgram, ["-H", `unix://${socket}`, ...args], {
		stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
		cwd: options.cwd,
		env: { ...process.env, DOCKER_CONFIG: "/nonexistent", DOCKER_API_VERSION: "", ...options.env },
	});
	const { promise, resolve, reject } = Promise.withResolvers<CommandOutput>();
	let stdout = "";
	let stderr = "";
	let isLate = false;
	child.stdout!.on("data", (chunk) => {
		stdout += chunk;
	});
	child.stderr!.on("data", (chunk) => {
		stderr += chunk;
	});
	child.stdin?.on("error", () => undefined);
	if (options.input !== undefined) child.stdin!.end(options.input);
	const timer = setTimeout(() => {
		isLate = true;
		child.kill("SIGKILL");
	}, options.timeoutMs ?? 60_000);
	child.on("error", reject);
	child.on("close", (code, signal) => {
		clearTimeout(timer);
		const ended = code ?? (isLate ? 124 : 128 + signalNumber(signal));
		resolve({ code: ended, stdout, stderr: isLate ? `${stderr}\n(took too long)` : stderr });
	});
	return promise;
}

function signalNumber(signal: string | null): number {
	return ({ SIGINT: 2, SIGKILL: 9, SIGTERM: 15 } as Record<string, number>)[signal ?? ""] ?? 0;
}
