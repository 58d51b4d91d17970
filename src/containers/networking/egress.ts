import { egressAnnotation } from "../../api/index.ts";
import { EngineError, failpoint } from "../../lib/index.ts";
import type { NetworkPlug, NetworkRecord } from "../../networks/index.ts";
import type { Context } from "../context.ts";
import { changeResolvConf } from "../files/network-files.ts";
import { driverOf } from "../isolation.ts";
import { publish } from "../publish.ts";
import { saveRecord } from "../record/change.ts";
import type { ContainerRecord } from "../record/record.ts";
import { egressOf } from "./egress-of.ts";
import { serveNames } from "./serve-names.ts";

/** Refuses a policy that cannot be read, or held: `invalid_argument`; `not_implemented` on networks of other drivers. */
export function assertEgress(
	context: Pick<Context, "networks">,
	record: Pick<ContainerRecord, "hostConfig">,
	networks: readonly NetworkRecord[],
): void {
	const policy = egressOf(record);
	context.networks.checkEgress(policy, networks);
	const mode = record.hostConfig.NetworkMode ?? "";
	if (policy.trim() === "") return;
	if (mode.startsWith("container:"))
		throw refusal("it is that of the container whose network is used", mode.slice("container:".length));
	if (networks.some(({ driver }) => driver === "host"))
		throw refusal("nothing holds it in the network", "host");
	if (networks.some(({ driver }) => driver === "none")) throw refusal("there is nothing to leave in", "none");
}

/**
 * Changes a container's policy, of one that runs at once; an empty one ends it. Errors as of {@link assertEgress}, and
 * `conflict` for one that is being removed.
 *
 * Crash window: the record is saved first; boot gives the endpoints what it says.
 */
export async function changeEgress(context: Context, reference: string, policy: string): Promise<void> {
	const container = context.registry.get(reference);
	using _lock = await context.locks.acquire(container.id);
	const { status } = container.record.state;
	if (status === "removing" || status === "dead")
		throw new EngineError(
			"conflict",
			`container ${container.id} is marked for removal and cannot be changed`,
		);
	const record = withPolicy(container.record, policy.trim());
	assertEgress(context, record, networksOf(context, record));
	saveRecord(context, container, record);
	failpoint("containers.egress.after-persist");
	if (container.run !== undefined) {
		await using sandbox = await driverOf(context, record).openSandbox(container.run.task);
		await holdPolicy(context, record, sandbox.plug);
	}
	publish(context, container, { action: "update" });
}

/** Gives a running container what its record says; the endpoints last, by which an unfinished change is known. */
export async function holdPolicy(
	context: Context,
	record: ContainerRecord,
	plug: NetworkPlug | undefined,
): Promise<void> {
	await serveNames(context, record, plug);
	const changed = Object.keys(record.endpoints).length > 0 ? changeResolvConf(context, record) : undefined;
	// Not after the guest of a machine has answered, which it need not.
	await Promise.all([changed, context.networks.setEgress(record.id, egressOf(record))]);
}

function withPolicy(record: ContainerRecord, policy: string): ContainerRecord {
	const { [egressAnnotation]: _, ...others } = record.hostConfig.Annotations ?? {};
	const annotations = policy === "" ? others : { ...others, [egressAnnotation]: policy };
	return { ...record, hostConfig: { ...record.hostConfig, Annotations: annotations } };
}

export function networksOf(
	{ networks }: Pick<Context, "networks">,
	{ endpoints }: Pick<ContainerRecord, "endpoints">,
): NetworkRecord[] {
	return networks.list().filter(({ name }) => name in endpoints);
}

function refusal(reason: string, network: string): EngineError {
	return new EngineError(
		"invalid_argument",
		`conflicting options: an egress policy and the network mode: ${reason} ${network}`,
	);
}
