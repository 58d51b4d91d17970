import { randomBytes } from "node:crypto";
import { delay } from "../../lib/index.ts";
import type { Attachment, Exec, Task } from "../../runtime/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { execProcess } from "../exec/process.ts";
import { publish } from "../publish.ts";
import type { HealthCheck } from "./check.ts";

/** How one probe ended; -1 when it took too long or could not be started. */
export interface ProbeResult {
	readonly exitCode: number;
	readonly output: string;
}

const maxOutputBytes = 4096;
const killed = 9;

/** Runs a health check once. */
export async function probe(
	context: Context,
	container: Container,
	order: { readonly task: Task; readonly check: HealthCheck },
): Promise<ProbeResult> {
	const { task, check } = order;
	const id = randomBytes(32).toString("hex");
	const text = `${check.args[0]} ${check.args.slice(1).join(" ")}`;
	const tell = (action: string, attributes: Record<string, string> = {}) =>
		publish(context, container, { action, attributes: { execID: id, ...attributes } });
	const wanted = { args: check.args, env: [], user: "", workingDir: "", tty: false, privileged: false };
	const process = await execProcess(context, container, wanted);
	tell(`exec_create: ${text}`);
	tell(`exec_start: ${text}`);
	const exec = await task.exec({ id, process, attach: { stdin: false, stdout: true, stderr: true } });
	const result = await resultOf(exec, check.timeoutMs);
	tell("exec_die", { exitCode: String(result.exitCode) });
	return result;
}

async function resultOf(exec: Exec, timeoutMs: number): Promise<ProbeResult> {
	const timer = new AbortController();
	const output = collect(exec.attachment!);
	const late = delay(timeoutMs, timer.signal).then(
		() => "late" as const,
		() => "late" as const,
	);
	const ended = await Promise.race([exec.wait(), late]);
	timer.abort();
	if (ended !== "late") return { exitCode: ended.exitCode, output: await output };
	await exec.signal(killed).catch(() => undefined);
	exec.attachment!.close();
	return { exitCode: -1, output: `Health check exceeded timeout (${timeoutMs / 1000}s)` };
}

async function collect(attachment: Attachment): Promise<string> {
	let output = Buffer.alloc(0);
	for await (const { data } of attachment.output) {
		if (output.length < maxOutputBytes) output = Buffer.concat([output, data]);
	}
	return output.subarray(0, maxOutputBytes).toString();
}
