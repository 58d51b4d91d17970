import { EngineError } from "../../lib/index.ts";
import type { Context } from "../context.ts";
import { publish } from "../publish.ts";

/** Sets the size of a container's terminal. `conflict` when it does not run. */
export async function resizeContainer(
	context: Context,
	reference: string,
	size: { readonly height: number; readonly width: number },
): Promise<void> {
	const container = context.registry.get(reference);
	if (container.run === undefined)
		throw new EngineError("conflict", `container ${container.id} is not running`);
	if (container.record.config.Tty !== true)
		throw new EngineError("invalid_argument", `container ${container.id} has no terminal`);
	await container.run.task.resize(size.width, size.height);
	publish(context, container, {
		action: "resize",
		attributes: { height: String(size.height), width: String(size.width) },
	});
}
