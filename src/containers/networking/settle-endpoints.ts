import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { driverOf, isolationOf } from "../isolation.ts";
import { findNetwork } from "./connect-networks.ts";
import { holdPolicy } from "./egress.ts";
import { egressOf } from "./egress-of.ts";
import { endpointRequest } from "./endpoint-request.ts";
import { ownEndpoints } from "./own-endpoints.ts";
import { hasNames, serveNames } from "./serve-names.ts";

/**
 * Brings the endpoints of a container that ran on without a daemon in line with its record: a connect that was not
 * finished is undone, a disconnect or a change of the egress policy is finished, and a link that was lost is made again. Its names are served on.
 */
export async function settleEndpoints(context: Context, container: Container): Promise<void> {
	const { record, run, id } = container;
	const wanted = Object.keys(record.endpoints).flatMap((name) => findNetwork(context, name) ?? []);
	const present = ownEndpoints(context, id);
	const isChanging = present.some(({ egress }) => egress !== egressOf(record));
	const extra = present.filter((endpoint) => !wanted.some((network) => network.id === endpoint.networkId));
	const missing = wanted.filter(
		(network) => network.driver !== "host" && !present.some(({ networkId }) => networkId === network.id),
	);
	// One that is paused answers nothing.
	const answers = isolationOf(record) === "vm" && record.state.status !== "paused";
	if (extra.length === 0 && missing.length === 0 && !isChanging && !hasNames(context, record) && !answers)
		return;
	await using sandbox = await driverOf(context, record).openSandbox(run!.task);
	for (const { networkId } of extra) await context.networks.disconnect(id, networkId, sandbox.plug);
	if (answers && sandbox.plug?.kind === "tap")
		await sandbox.plug.keep(new Set(ownEndpoints(context, id).map(({ hostInterface }) => hostInterface)));
	for (const network of missing) {
		const settings = record.endpoints[network.name]!;
		await context.networks.connect(sandbox.plug, endpointRequest(record, { network, settings }));
	}
	await serveNames(context, record, sandbox.plug);
	if (isChanging) await holdPolicy(context, record, sandbox.plug);
}
