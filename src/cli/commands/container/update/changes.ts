import type { HullChanges } from "../../../../api/index.ts";
import { parsePortSpecs } from "../../../../api/syntax.ts";
import type { CommandInput } from "../../../flags/command.ts";
import { healthcheck } from "../create/health.ts";
import type { healthFlags } from "../create/health-flags.ts";
import { present } from "../create/present.ts";
import type { changeFlags } from "./change-flags.ts";

type ChangeInput = CommandInput<readonly [...typeof changeFlags, ...typeof healthFlags]>;

/** The changes that a command line means, mounts aside; empty when it means none. Errors are plain. */
export function changesOf({ flags, given }: Pick<ChangeInput, "flags" | "given">): HullChanges {
	return present({
		PublishAdd: parsePortSpecs(flags["publish-add"]).portBindings,
		PublishRemove: parsePortSpecs(flags["publish-rm"]).portBindings,
		EnvAdd: [...flags["env-add"]],
		EnvRemove: [...flags["env-rm"]],
		LabelsAdd: Object.fromEntries(flags["label-add"].map(({ key, value }) => [key, value])),
		LabelsRemove: [...flags["label-rm"]],
		Healthcheck: healthcheck(flags, given),
		HealthOnFailure: flags["health-on-failure"],
	});
}
