import { afterAll, afterEach, beforeAll, describe } from "bun:test";
import type { Isolation } from "../../../src/runtime/index.ts";
import { eventually } from "../../support/eventually.ts";
import { attachTests } from "./attach.ts";
import { execTests } from "./exec.ts";
import { lifecycleTests } from "./lifecycle.ts";
import { limitTests } from "./limits.ts";
import { logTests } from "./logs.ts";
import { recoveryTests } from "./recovery.ts";
import type { Workbench } from "./workbench.ts";

/** What every runtime driver must do. `makeBench` gives a workbench around it. */
export function runtimeSuite(
	name: string,
	makeBench: () => Workbench,
	isolation: Isolation = "process",
): void {
	describe(name, () => {
		let current: Workbench | undefined;
		const bench = () => current!;
		beforeAll(async () => {
			current = makeBench();
			await current.warmUp();
		}, 60_000);
		afterEach(async () => {
			await eventually(() => {
				const left = bench().leftovers();
				if (left.length > 0) throw new Error(`left behind:\n${left.join("\n")}`);
			});
		});
		afterAll(() => current?.dispose());
		lifecycleTests(bench, isolation);
		attachTests(bench);
		execTests(bench);
		logTests(bench);
		limitTests(bench, isolation);
		recoveryTests(bench, isolation);
	});
}
