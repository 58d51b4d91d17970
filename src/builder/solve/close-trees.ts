import type { SolveContext } from "./context.ts";

/** Gives back what was opened to copy from. Trees are of one turn of solving: its end cancels what is asked of them. */
export async function closeTrees({ trees }: Pick<SolveContext, "trees">): Promise<void> {
	const opened = [...trees.values()];
	trees.clear();
	for (const tree of opened) {
		try {
			await (await tree)[Symbol.asyncDispose]();
		} catch {
			// It never opened: who asked for it was told.
		}
	}
}
