import { createHash } from "node:crypto";
import { type Connection, frameType, putTree, takeTree } from "../session/index.ts";
import { jailPaths } from "./qemu-arguments.ts";

/** A machine that runs: its supervisor, QEMU's process, and what takes mounts into a namespace. */
export interface RunningMachine {
	readonly shimPath: string;
	/** Of QEMU. */
	readonly pid: number;
	readonly connection: Connection;
}

/**
 * Shares a tree with a machine: into the folder that QEMU's file server shares first, then the guest mounts it. Errors:
 * those of the guest; nothing is left then.
 */
export async function mountInMachine(
	machine: RunningMachine,
	tree: number,
	{ target, readOnly }: { readonly target: string; readonly readOnly: boolean },
): Promise<void> {
	const { shimPath, pid, connection } = machine;
	const name = nameOf(target);
	await putTree(shimPath, { pid, tree, target: `${jailPaths.shared}/${name}` });
	try {
		await connection.request(frameType.update, [
			["share-name", name],
			["share-target", target],
			["share-read-only", readOnly],
		]);
	} catch (error) {
		await takeBack(machine, name);
		throw error;
	}
}

/** The guest unmounts it, then QEMU sees it no more. */
export async function unmountInMachine(
	machine: RunningMachine,
	target: string,
	{ force }: { readonly force: boolean },
): Promise<void> {
	await machine.connection.request(frameType.update, [
		["unshare-target", target],
		["unshare-force", force],
	]);
	await takeBack(machine, nameOf(target));
}

function takeBack({ shimPath, pid }: RunningMachine, name: string): Promise<void> {
	return takeTree(shimPath, { pid, target: `${jailPaths.shared}/${name}`, force: true });
}

/** The next daemon has to find it by the target alone; those of the start have numbers. */
function nameOf(target: string): string {
	return `live-${createHash("sha256").update(target).digest("hex").slice(0, 32)}`;
}
