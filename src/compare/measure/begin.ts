import type { HullName } from "../report.ts";
import { probeRequest, startToFirstByte, type Workshop } from "../workshop.ts";
import { beginMachine } from "./machine.ts";

/** Makes and starts one container of a hull; resolves when its process has said something, or its machine is up. */
export async function begin(workshop: Workshop, hull: HullName): Promise<string> {
	if (hull === "machine") return await beginMachine(workshop);
	const id = await workshop.create(hull, probeRequest("ready"));
	await startToFirstByte(workshop, id);
	return id;
}
