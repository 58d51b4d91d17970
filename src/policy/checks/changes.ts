import type { HullChanges } from "../../api/index.ts";
import { ownerLabel } from "../../api/syntax.ts";
import type { SocketPolicy } from "../contract.ts";
import { checkFields, type FieldChecks, free, unless } from "./fields.ts";
import { labelObjection } from "./labels.ts";
import { portsObjection } from "./ports.ts";

const changeChecks: FieldChecks<HullChanges> = {
	PublishAdd: unless("ports", portsObjection),
	PublishRemove: free,
	EnvAdd: free,
	EnvRemove: free,
	LabelsAdd: unless("labels", labelObjection),
	LabelsRemove: unless("labels", (names) =>
		names.includes(ownerLabel) ? `the label ${ownerLabel} stays as the engine gave it` : undefined,
	),
	Healthcheck: free,
	HealthOnFailure: free,
};

/** `forbidden` with the rule and the field. */
export function checkChanges(policy: SocketPolicy, request: HullChanges): void {
	checkFields(policy, request, changeChecks);
}
