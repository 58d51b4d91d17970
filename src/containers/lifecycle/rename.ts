import { EngineError } from "../../lib/index.ts";
import type { Context } from "../context.ts";
import { renameEndpoints } from "../networking/rename-endpoints.ts";
import { publish } from "../publish.ts";
import { saveRecord } from "../record/change.ts";
import { parseContainerName } from "./names.ts";

/** Gives a container another name. Errors: `invalid_argument`, `conflict` with Docker's texts. */
export async function renameContainer(context: Context, reference: string, newName: string): Promise<void> {
	if (newName === "") throw new EngineError("invalid_argument", "Neither old nor new names may be empty");
	const container = context.registry.get(reference);
	const name = parseContainerName(newName);
	using _lock = await context.locks.acquire(container.id);
	const oldName = container.record.name;
	if (name === oldName) {
		throw new EngineError("invalid_argument", "Renaming a container with the same name as its current name");
	}
	context.registry.reserveName(name, container.id);
	try {
		saveRecord(context, container, { ...container.record, name });
	} catch (error) {
		context.registry.releaseName(name, container.id);
		throw error;
	}
	context.registry.releaseName(oldName, container.id);
	renameEndpoints(context, container);
	publish(context, container, { action: "rename", attributes: { oldName: `/${oldName}` } });
}
