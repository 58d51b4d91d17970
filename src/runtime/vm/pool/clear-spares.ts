import { readdirSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, removeTreeSync } from "../../../lib/index.ts";
import type { VmContext } from "../context.ts";
import { spareGroup, sparesRoot } from "./make-spare.ts";

/** What a killed daemon left of its spares; their supervisors left with its connections. */
export async function clearSpares(context: VmContext): Promise<void> {
	const root = sparesRoot(context);
	for (const id of names(root)) {
		await context.cgroups.remove(spareGroup(id));
		removeTreeSync(join(root, id));
	}
}

function names(folder: string): string[] {
	try {
		return readdirSync(folder).filter((name) => /^spare-[0-9a-f]{16}$/.test(name));
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return [];
		throw error;
	}
}
