import { readFileSync, renameSync, writeFileSync } from "node:fs";
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
	/** Network cards with a tap behind them from the start. */
	readonly cards: number;
	/** How the names of its taps begin; the card's number follows. */
	readonly links: string;
	/** Cards that got a tap while it ran. */
	readonly added: readonly number[];
}

const name = "machine.json";

export function writeMachineFile(runDir: string, file: MachineFile): void {
	const path = join(runDir, name);
	// It replaces the one that it changes as a whole.
	writeFileSync(`${path}.new`, `${JSON.stringify(file)}\n`, { mode: 0o600 });
	renameSync(`${path}.new`, path);
}

/** Numbers of the cards that have a tap, and perhaps of some that had. */
export function cardsOf({ cards, added }: MachineFile): ReadonlySet<number> {
	return new Set([...Array.from({ length: cards }, (_, number) => number), ...added]);
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
		const { uid, cgroup, size, cards, links = "", added = [] } = JSON.parse(text) as Partial<MachineFile>;
		const isWhole = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0;
		if (!isWhole(uid) || !isWhole(size?.memoryBytes) || !isWhole(size?.cpus)) return undefined;
		if (typeof cgroup !== "string" || !isGroupPath(cgroup)) return undefined;
		if (!Number.isSafeInteger(cards) || cards! < 0 || cards! > cardCount) return undefined;
		if (typeof links !== "string" || !Array.isArray(added) || !added.every(isCard)) return undefined;
		return { uid: uid!, cgroup, size: size!, cards: cards!, links, added };
	} catch {
		return undefined;
	}
}

function isCard(number: unknown): boolean {
	return Number.isSafeInteger(number) && (number as number) >= 0 && (number as number) < cardCount;
}

/** Never a hierarchy's root, whose processes are everybody's. */
function isGroupPath(path: string): boolean {
	return path.startsWith("/") && /[^/.]/.test(path) && !path.split("/").includes("..");
}
