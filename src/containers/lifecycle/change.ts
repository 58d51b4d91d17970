import type { HullChanges, HullChangesAnswer } from "../../api/index.ts";
import { EngineError, failpoint } from "../../lib/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { parseHealthCheck } from "../health/check.ts";
import { assertUnhealthyAction } from "../health/on-unhealthy.ts";
import { startHealthMonitor } from "../health/start.ts";
import { checkPorts } from "../ports/check-ports.ts";
import { reopenPorts } from "../ports/reopen-ports.ts";
import { publish } from "../publish.ts";
import { saveRecord } from "../record/change.ts";
import type { ContainerRecord } from "../record/record.ts";
import { planChange } from "./plan-change.ts";
import { checkSpec } from "./task-spec.ts";

/**
 * Changes what a container runs with: ports, labels and health check at once while it runs, variables at its next
 * start (execs have them from now on). All of it or nothing. Errors: those of a create request for the same, `not_found` for what is to go and is
 * not there, `conflict` for a port in use, naming who holds it.
 *
 * Crash windows: the record is saved, then the ports are opened; boot opens those that it says and are not, and
 * closes the others. Ports that cannot be opened bring the record back as it was.
 */
export async function changeContainer(
	context: Context,
	reference: string,
	changes: HullChanges,
): Promise<HullChangesAnswer> {
	const container = context.registry.get(reference);
	using _lock = await context.locks.acquire(container.id);
	const before = container.record;
	if (before.state.status === "removing" || before.state.status === "dead")
		throw new EngineError("conflict", `container ${before.name} is marked for removal and cannot be changed`);
	const after = { ...before, ...planChange(before, changes) };
	const kinds = kindsOf(changes);
	check(context, after, kinds);
	saveRecord(context, container, after);
	failpoint("containers.change.after-persist");
	if (kinds.has("publish")) await openOrTakeBack(context, container, before);
	if (kinds.has("health") && container.run !== undefined) {
		container.health?.stop();
		startHealthMonitor(context, container, container.run);
	}
	publish(context, container, { action: "update" });
	return whenOf(container, kinds);
}

type Kind = "publish" | "env" | "label" | "health";

function kindsOf(changes: HullChanges): ReadonlySet<Kind> {
	const kinds = new Set<Kind>();
	const isSet = (value: object | undefined) => value !== undefined && Object.keys(value).length > 0;
	if (isSet(changes.PublishAdd) || isSet(changes.PublishRemove)) kinds.add("publish");
	if (isSet(changes.EnvAdd) || isSet(changes.EnvRemove)) kinds.add("env");
	if (isSet(changes.LabelsAdd) || isSet(changes.LabelsRemove)) kinds.add("label");
	if (isSet(changes.Healthcheck) || changes.HealthOnFailure !== undefined) kinds.add("health");
	return kinds;
}

function check(context: Context, record: ContainerRecord, kinds: ReadonlySet<Kind>): void {
	const { config, hostConfig } = record;
	const [warning] = kinds.has("publish") ? checkPorts(config, hostConfig, {}) : [];
	if (warning !== undefined) throw new EngineError("invalid_argument", warning);
	parseHealthCheck(config);
	assertUnhealthyAction(record);
	checkSpec(context, record);
}

async function openOrTakeBack(
	context: Context,
	container: Container,
	before: ContainerRecord,
): Promise<void> {
	if (container.run === undefined) return;
	try {
		await reopenPorts(context, container);
	} catch (error) {
		const { config, hostConfig } = before;
		saveRecord(context, container, { ...container.record, config, hostConfig });
		throw error;
	}
}

function whenOf({ run }: Container, kinds: ReadonlySet<Kind>): HullChangesAnswer {
	const isNow = (kind: Kind) => kind === "label" || (run !== undefined && kind !== "env");
	return {
		Applied: [...kinds].filter(isNow),
		AtNextStart: [...kinds].filter((kind) => !isNow(kind)),
	};
}
