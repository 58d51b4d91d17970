import { join } from "node:path";
import type { TaskSpec } from "../../runtime/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { asNobody } from "./as-nobody.ts";
import { openTrees } from "./open-trees.ts";
import { prepareMounts } from "./prepare-mounts.ts";
import { taskSpec } from "./task-spec.ts";

/** `<run-root>/files/<id>`: folders of a guest that only serves a container's files. */
export function filesFolder({ runRoot }: Pick<Context, "runRoot">, id: string): string {
	return join(runRoot, "files", id);
}

/**
 * The machine of a container that does not run, to look at its files: the same disks, its binds and volumes when
 * `binds` is asked for, nothing else of it, and no log. What it holds open is given to `undo`.
 */
export async function filesSpec(
	context: Context,
	container: Container,
	options: { readonly binds: boolean },
	undo: AsyncDisposableStack,
): Promise<TaskSpec> {
	const { record, id } = container;
	const folder = filesFolder(context, id);
	const prepared = options.binds ? prepareMounts(record.mounts, context.volumes) : [];
	const opened = undo.use(
		await openTrees(context, prepared, { runDir: join(folder, "run"), mapped: undefined }),
	);
	const { mounts } = opened;
	const accounts = { passwd: "", group: "" };
	const spec = await taskSpec(context, { ...container, record: asNobody(record) }, { ...opened, accounts });
	const own = new Set(mounts.map(({ source }) => source));
	return {
		...spec,
		stateDir: join(folder, "state"),
		runDir: join(folder, "run"),
		// The engine's own small files belong to the runs.
		spec: {
			...spec.spec,
			mounts: spec.spec.mounts.filter(({ type, source }) => type !== "bind" || own.has(source ?? "")),
		},
		log: { ...spec.log, driver: "none" },
		machine: { ...spec.machine!, volatile: false },
		terminal: false,
		openStdin: false,
	};
}
