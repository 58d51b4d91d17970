import { existsSync } from "node:fs";
import { join } from "node:path";
import { removeTreeSync } from "../../../lib/index.ts";
import type { VmContext } from "../context.ts";

/** Names of what saves a machine: made of the machine's, so that a later daemon finds it. */
export function loaderOf(context: VmContext, id: string) {
	const name = `save-${id.slice(0, 32)}`;
	return { id: name, runDir: join(context.options.runRoot, "saves", id), group: `/hull/${name}` };
}

/** Removes what a save left whose daemon was killed; the loader's supervisor leaves by itself. Idempotent. */
export async function clearLoader(context: VmContext, id: string): Promise<void> {
	const { runDir, group } = loaderOf(context, id);
	if (!existsSync(runDir)) return;
	await context.cgroups.remove(group);
	removeTreeSync(runDir);
}
