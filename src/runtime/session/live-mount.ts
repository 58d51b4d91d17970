import { constants } from "node:os";
import { EngineError } from "../../lib/index.ts";
import { errnoName, spawnProcess } from "../../sys/index.ts";

/**
 * Puts a tree into the mount namespace of a process, on a path in its root that is made where it is missing. Done by a
 * program of its own: only a process with one thread can enter a mount namespace. Errors: `conflict`.
 */
export async function putTree(
	shimPath: string,
	order: { readonly pid: number; readonly tree: number; readonly target: string },
): Promise<void> {
	const { pid, tree, target } = order;
	const number = await run([shimPath, "--mount", String(pid), target], tree);
	if (number === 0) return;
	throw new EngineError("conflict", `cannot mount on ${target}: ${errnoName(number)}`);
}

/** Takes what is mounted there away; nothing to do when nothing is. `conflict` when it is in use and not forced. */
export async function takeTree(
	shimPath: string,
	order: { readonly pid: number; readonly target: string; readonly force: boolean },
): Promise<void> {
	const { pid, target, force } = order;
	const number = await run([shimPath, "--unmount", String(pid), target, ...(force ? ["lazy"] : [])], null);
	// Not mounted any more, or the folder is gone.
	if (number === 0 || number === constants.errno.EINVAL || number === constants.errno.ENOENT) return;
	if (number === constants.errno.EBUSY)
		throw new EngineError("conflict", `${target} is in use in the container: end what uses it, or force it`);
	throw new EngineError("conflict", `cannot unmount ${target}: ${errnoName(number)}`);
}

/**
 * Gives a descriptor to the QEMU whose `qmp.sock` is in the folder, under a name of its own. Errors: `unavailable` when
 * it does not take it.
 */
export async function lendDescriptor(
	shimPath: string,
	order: { readonly runDir: string; readonly name: string; readonly descriptor: number },
): Promise<void> {
	const { runDir, name, descriptor } = order;
	const number = await run([shimPath, "--lend", runDir, name], descriptor);
	if (number !== 0)
		throw new EngineError("unavailable", `the machine takes no descriptor ${name}: ${errnoName(number)}`);
}

/** The program ends with 0 or an errno. */
async function run(command: readonly string[], descriptor: number | null): Promise<number> {
	return await spawnProcess(command, [null, null, null, descriptor]).exited;
}
