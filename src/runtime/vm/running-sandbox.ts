import { EngineError } from "../../lib/index.ts";
import type { Sandbox, Task } from "../contract.ts";

/** The sandbox of a machine that runs. Its supervisor knows where names are known; its cards stay as they are. */
export function runningSandbox(task: Task): Sandbox {
	const refuse = () => {
		throw new EngineError(
			"not_implemented",
			`isolation vm: the networks of the running machine ${task.id} cannot be changed yet; stop it first`,
		);
	};
	return {
		id: task.id,
		isolation: "vm",
		plug: {
			kind: "tap",
			claim: refuse,
			configure: refuse,
			release: refuse,
			async serveNames() {},
		},
		async [Symbol.asyncDispose]() {},
	};
}
