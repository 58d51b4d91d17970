import { EngineError } from "../../lib/index.ts";
import type { Container, ContainerExec } from "../container.ts";
import type { Context } from "../context.ts";

/** An exec and its container. `not_found` with Docker's text. */
export function findExec(context: Context, id: string): { container: Container; exec: ContainerExec } {
	const container = context.execOwners.get(id);
	const exec = container?.execs.get(id);
	if (container === undefined || exec === undefined)
		throw new EngineError("not_found", `No such exec instance: ${id}`);
	return { container, exec };
}

/** Persists an exec's record and shows it. */
export function saveExec(context: Context, exec: ContainerExec, record: ContainerExec["record"]): void {
	context.execDocuments.put(record.id, record);
	exec.record = record;
}

/** Forgets an exec. */
export function forgetExec(context: Context, container: Container, id: string): void {
	context.execDocuments.delete(id);
	container.execs.delete(id);
	context.execOwners.delete(id);
}
