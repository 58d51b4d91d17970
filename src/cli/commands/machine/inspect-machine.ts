import { machineAnnotation } from "../../../api/syntax.ts";
import { containerInspect, type Engine } from "../../../client/index.ts";
import { CommandFailure } from "../../failure.ts";

/** The machine of that name; a container that is none is refused. */
export async function inspectMachine(engine: Engine, name: string) {
	const machine = await containerInspect(engine, name);
	if (machine.HostConfig?.Annotations?.[machineAnnotation] === "true") return machine;
	throw new CommandFailure(`${name} is a container, not a machine (hull machine create makes one)`);
}
