import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../../lib/index.ts";
import type { MachineSize } from "./machine-size.ts";
import { cardCount } from "./qemu-arguments.ts";

/** What a later daemon must know of a machine, in `runDir`. Its presence says that the container is a machine. */
export interface MachineFile {
	readonly uid: number;
	/** The control group's path. */
	readonly cgroup: string;
	readonly size: MachineSize;
	/** Network cards with a tap behind them. */
	readonly cards: number;
}

const name = "machine.json";

export function writeMachineFile(runDir: string, file: MachineFile): void {
	writeFileSync(join(runDir, name), `${JSON.stringify(file)}\n`, { mode: 0o600 });
}

/** `undefined` when there is none, or it is not whole. */
export function readMachineFile(runDir: string): MachineFile | undefined {
	let text: string;
	try {
		text = readFileSync(join(runDir, name), "utf8");
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return undefined;
		throw error;
	}
	return parse(text);
}

function parse(text: string): MachineFile | undefined {
	try {
		const { uid, cgroup, size, cards } = JSON.parse(text) as Partial<MachineFile>;
		const isWhole = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0;
		if (!isWhole(uid) || !isWhole(size?.memoryBytes) || !isWhole(size?.cpus)) return undefined;
		if (typeof cgroup !== "string" || !isGroupPath(cgroup)) return undefined;
		if (!Number.isSafeInteger(cards) || cards! < 0 || cards! > cardCount) return undefined;
		return { uid: uid!, cgroup, size: size!, cards: cards! };
	} catch {
		return undefined;
	}
}

/** Never a hierarchy's root, whose processes are everybody's. */
function isGroupPath(path: string): boolean {
	return path.startsWith("/") && /[^/.]/.test(path) && !path.split("/").includes("..");
}
