import type { ContainerTopResponse } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { Task } from "../../runtime/index.ts";
import { runCommand } from "../../sys/index.ts";
import type { Context } from "../context.ts";
import { publish } from "../publish.ts";
import { guestTable } from "./guest-table.ts";

/** What ps(1) of the host says about a container's processes. Errors: `conflict` when it does not run. */
export async function topContainer(
	context: Context,
	reference: string,
	psArguments: string,
): Promise<ContainerTopResponse> {
	const container = context.registry.get(reference);
	const { run } = container;
	if (run === undefined) throw new EngineError("conflict", `container ${container.id} is not running`);
	const args = splitArguments(psArguments);
	const table = await processTable(run.task, args);
	publish(context, container, { action: "top" });
	return table;
}

async function processTable(task: Task, args: readonly string[]): Promise<ContainerTopResponse> {
	const inside = await task.guestProcesses();
	if (inside !== undefined) return guestTable(inside, args);
	const pids = await task.pids();
	const result = await runCommand(["ps", ...args]);
	if (result === undefined)
		throw new EngineError("unavailable", "top needs the program ps, which is not installed on this host");
	if (result.exitCode !== 0)
		throw new EngineError("invalid_argument", `ps ${args.join(" ")}: ${result.stderr.trim()}`);
	return parseProcesses(result.stdout, new Set(pids));
}

function splitArguments(text: string): string[] {
	const args = (text || "-ef").split(/\s+/).filter((word) => word !== "");
	// The pid column is how a container's processes are found; options that select processes would hide them.
	const unusable = args.find((word) => /[^\w=,.:%-]/.test(word));
	if (unusable !== undefined) throw new EngineError("invalid_argument", `bad ps argument: ${unusable}`);
	return args;
}

/** Rows of the given processes. The last column may hold blanks. */
export function parseProcesses(output: string, pids: ReadonlySet<number>): ContainerTopResponse {
	const [header = "", ...rows] = output.split("\n").filter((line) => line.trim() !== "");
	const titles = header.trim().split(/\s+/);
	const pidColumn = titles.indexOf("PID");
	if (pidColumn < 0) throw new EngineError("invalid_argument", "Couldn't find PID field in ps output");
	const processes = rows.map((row) => splitRow(row, titles.length));
	return {
		Titles: titles,
		Processes: processes.filter((fields) => pids.has(Number(fields[pidColumn]))),
	};
}

function splitRow(row: string, columns: number): string[] {
	const words = row.trim().split(/\s+/);
	const last = words.slice(columns - 1).join(" ");
	return [...words.slice(0, columns - 1), last];
}
