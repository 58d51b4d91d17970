import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError, errnoOf, removeTreeSync, writeFileAtomic } from "../../lib/index.ts";
import type { Context } from "../context.ts";
import { type ContainerRecord, parseContainerRecord } from "../record/record.ts";

/**
 * Machines that are kept on disk: `<data-root>/vm/snapshots/<id>/{memory,state,machine.json,snapshot.json}`, the disk
 * in the store under the same id. `snapshot.json` is written last and is what makes a snapshot count; it lies beside
 * the memory, so that neither can be there without the other.
 */
export interface MachineSnapshot {
	readonly id: string;
	readonly name: string;
	readonly createdAt: string;
	readonly startedAt: string;
	/** The container's record of that moment. */
	readonly container: ContainerRecord;
}

const idPattern = /^[0-9a-f]{64}$/;
const fileName = "snapshot.json";

export function snapshotFolder({ dataRoot }: Pick<Context, "dataRoot">, id: string): string {
	return join(dataRoot, "vm", "snapshots", id);
}

export function writeSnapshot(context: Context, snapshot: MachineSnapshot): void {
	const path = join(snapshotFolder(context, snapshot.id), fileName);
	writeFileAtomic(path, `${JSON.stringify({ version: 1, ...snapshot })}\n`, 0o600);
}

/** Oldest first. What cannot be read is reported and left where it is. */
export function listSnapshots(context: Context): MachineSnapshot[] {
	return snapshotIds(context)
		.flatMap((id) => readSnapshot(context, id) ?? [])
		.sort((one, other) => (one.createdAt < other.createdAt ? -1 : 1));
}

/** By name, id, or the beginning of one. Errors: `not_found`, `invalid_argument` when it fits several. */
export function findSnapshot(context: Context, reference: string): MachineSnapshot {
	const all = listSnapshots(context);
	const exact = all.find(({ id, name }) => id === reference || name === reference);
	const found = exact === undefined ? all.filter(({ id }) => id.startsWith(reference)) : [exact];
	if (reference === "" || found.length === 0)
		throw new EngineError("not_found", `No such snapshot: ${reference}`);
	if (found.length > 1)
		throw new EngineError(
			"invalid_argument",
			`snapshot ${reference} is ambiguous: ${found.length} begin with it`,
		);
	return found[0]!;
}

/** Ids of all folders, whole or not. */
export function snapshotIds(context: Pick<Context, "dataRoot">): string[] {
	const folder = join(context.dataRoot, "vm", "snapshots");
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	return readdirSync(folder).filter((name) => idPattern.test(name));
}

/** Boot: what was being made when a daemon died is removed; disks of the others are kept. */
export function recoverSnapshots(context: Context): readonly string[] {
	removeTreeSync(join(context.dataRoot, "vm", "forks"));
	return snapshotIds(context).filter((id) => {
		if (readText(context, id) !== undefined) return true;
		context.log.info("a snapshot that was not finished is removed", { snapshot: id });
		removeTreeSync(snapshotFolder(context, id));
		return false;
	});
}

function readSnapshot(context: Context, id: string): MachineSnapshot | undefined {
	const text = readText(context, id);
	if (text === undefined) return undefined;
	try {
		const value = JSON.parse(text) as Record<string, unknown>;
		const { version, name, createdAt, startedAt } = value;
		if (version !== 1 || value["id"] !== id)
			throw new EngineError("corrupt", "is another's, or of another version");
		if (![name, createdAt, startedAt].every((field) => typeof field === "string"))
			throw new EngineError("corrupt", "lacks a name or a time");
		const container = parseContainerRecord(value["container"]);
		return { id, name: `${name}`, createdAt: `${createdAt}`, startedAt: `${startedAt}`, container };
	} catch (error) {
		context.log.warn("a snapshot's record cannot be read", { snapshot: id, error });
		return undefined;
	}
}

function readText(context: Pick<Context, "dataRoot">, id: string): string | undefined {
	try {
		return readFileSync(join(snapshotFolder(context, id), fileName), "utf8");
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return undefined;
		throw error;
	}
}
