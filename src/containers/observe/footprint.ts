import { readdirSync, readFileSync } from "node:fs";
import type { HullFootprint } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";

/**
 * Memory and disk that a running container takes on the host: its supervisor and everything below it. Errors:
 * `conflict` when it does not run.
 */
export async function footprintOfContainer(context: Context, reference: string): Promise<HullFootprint> {
	const container = context.registry.get(reference);
	const pid = container.run?.task.pid;
	if (pid === undefined) throw new EngineError("conflict", `container ${container.id} is not running`);
	return { Processes: processesOf(pid), Disk: await diskOf(context, container) };
}

type FootprintProcess = HullFootprint["Processes"][number];

/** The container's first process (or its machine), the supervisor above it, and all that descend from either. */
function processesOf(first: number): FootprintProcess[] {
	const parents = readParents();
	const supervisor = parents.get(first) ?? 0;
	const children = Map.groupBy(parents.keys(), (pid) => parents.get(pid)!);
	const found: FootprintProcess[] = [];
	// A first process that was adopted by init has lost its supervisor: only what is below it counts.
	const visit = (pid: number, role: "supervisor" | "container") => {
		const measured = measure(pid, role);
		if (measured !== undefined) found.push(measured);
		for (const child of children.get(pid) ?? []) visit(child, "container");
	};
	if (supervisor > 1) visit(supervisor, "supervisor");
	else visit(first, "container");
	return found;
}

/** Parents of all processes, by process id. proc(5), `/proc/pid/stat`. */
function readParents(): Map<number, number> {
	const parents = new Map<number, number>();
	for (const name of readdirSync("/proc")) {
		if (!/^\d+$/.test(name)) continue;
		const stat = readProcess(name, "stat");
		// The name is in parentheses and may hold anything.
		const parent = stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
		if (parent !== undefined) parents.set(Number(name), Number(parent));
	}
	return parents;
}

/** `undefined` when it has just ended. */
function measure(pid: number, role: FootprintProcess["Role"]): FootprintProcess | undefined {
	const rollup = readProcess(String(pid), "smaps_rollup");
	if (rollup === undefined) return undefined;
	const bytes = (key: string) =>
		1024 * Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(rollup)?.[1] ?? 0);
	return {
		Pid: pid,
		Command: readProcess(String(pid), "comm")?.trim() ?? "",
		Role: role,
		PssBytes: bytes("Pss"),
		PrivateBytes: bytes("Private_Clean") + bytes("Private_Dirty"),
	};
}

function readProcess(pid: string, file: string): string | undefined {
	try {
		return readFileSync(`/proc/${pid}/${file}`, "latin1");
	} catch {
		return undefined;
	}
}

async function diskOf({ snapshots }: Context, { id }: Container): Promise<HullFootprint["Disk"]> {
	const { layers, active } = await snapshots.diskUsage();
	const own = active.get(id);
	let LayerBytes = 0;
	let MachineLayerBytes = 0;
	for (let chainId = own?.parent; chainId !== undefined; chainId = layers.get(chainId)?.parent) {
		const layer = layers.get(chainId);
		LayerBytes += layer?.bytes ?? 0;
		MachineLayerBytes += layer?.machineBytes ?? 0;
	}
	return { LayerBytes, MachineLayerBytes, OwnBytes: own?.bytes ?? 0 };
}
