import { EngineError } from "../../lib/index.ts";
import type { Container } from "../container.ts";
import { isolationOf } from "../isolation.ts";

/** Its guest is who changes its networks: `conflict` for a machine that is paused. */
export function assertAnswers({ record }: Container): void {
	if (record.state.status === "paused" && isolationOf(record) === "vm")
		throw new EngineError("conflict", `container ${record.name} is a paused machine: unpause it first`);
}
