import { readdirSync, readFileSync } from "node:fs";
import type { Attachment, AttachOptions, ExitRecord, Task, TaskSpec } from "../../../src/runtime/index.ts";
import type { Workbench } from "./workbench.ts";

export const allOutput: AttachOptions = { stdin: false, stdout: true, stderr: true };
export const allStreams: AttachOptions = { stdin: true, stdout: true, stderr: true };

/** Creates a task in a network of its own. */
export async function createTask(bench: Workbench, spec: TaskSpec): Promise<Task> {
	await using sandbox = await bench.driver.createSandbox({ id: spec.id, network: { kind: "own" } });
	return await bench.driver.createTask(sandbox, spec);
}

export interface Collected {
	readonly stdout: string;
	readonly stderr: string;
}

export async function collect(attachment: Attachment): Promise<Collected> {
	const parts = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
	for await (const chunk of attachment.output) parts[chunk.stream].push(chunk.data);
	return { stdout: Buffer.concat(parts.stdout).toString(), stderr: Buffer.concat(parts.stderr).toString() };
}

/** Counts instead of keeping; gives way to others after each chunk. */
export async function countBytes(attachment: Attachment): Promise<number> {
	let bytes = 0;
	for await (const chunk of attachment.output) bytes += chunk.data.length;
	return bytes;
}

/** Attached before the start, read to the end, deleted. */
export async function runToEnd(bench: Workbench, spec: TaskSpec): Promise<Collected & { exit: ExitRecord }> {
	const task = await createTask(bench, spec);
	const attachment = await task.attach(allOutput);
	await task.start();
	const output = await collect(attachment);
	const exit = await task.wait();
	await task.delete();
	return { ...output, exit };
}

/** Reads until the text has come. */
export async function readUntil(output: AsyncIterator<{ data: Uint8Array }>, text: string): Promise<string> {
	let seen = "";
	while (!seen.includes(text)) {
		const next = await output.next();
		if (next.done) throw new Error(`output ended before ${JSON.stringify(text)}: ${JSON.stringify(seen)}`);
		seen += Buffer.from(next.value.data).toString();
	}
	return seen;
}

export interface LogEntry {
	readonly log: string;
	readonly stream: string;
	readonly time: string;
	readonly attrs?: Record<string, string>;
}

export function readLog(path: string): LogEntry[] {
	const lines = readFileSync(path, "utf8").split("\n");
	if (lines.pop() !== "") throw new Error(`${path} ends in the middle of an entry`);
	return lines.map((line) => JSON.parse(line) as LogEntry);
}

/** The supervisor's process id. The container's parent may still be the OCI runtime shortly after the start. */
export function shimOf(spec: TaskSpec): number {
	const found = readdirSync("/proc").find((pid) => /^\d+$/.test(pid) && isShim(pid, spec.runDir));
	if (found === undefined) throw new Error(`no supervisor of ${spec.id}`);
	return Number(found);
}

function isShim(pid: string, runDir: string): boolean {
	try {
		const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
		return words[0]!.includes("hull-shim") && words.includes(runDir);
	} catch {
		return false;
	}
}

export async function stop(task: Task): Promise<ExitRecord> {
	await task.signal(9);
	const exit = await task.wait();
	await task.delete();
	return exit;
}
