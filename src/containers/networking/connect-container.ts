import type { EndpointSettings } from "../../api/index.ts";
import { EngineError, failpoint } from "../../lib/index.ts";
import type { NetworkRecord } from "../../networks/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { addToHosts, changeResolvConf } from "../files/network-files.ts";
import { driverOf } from "../isolation.ts";
import { followAddress } from "../ports/publication.ts";
import { saveRecord } from "../record/change.ts";
import type { ContainerRecord } from "../record/record.ts";
import { assertAnswers } from "./assert-answers.ts";
import { checkEndpoint } from "./check-endpoint.ts";
import { publishNetwork } from "./connect-networks.ts";
import { assertEgress } from "./egress.ts";
import { endpointRequest } from "./endpoint-request.ts";
import { checkTogether, hostError, requestedPart, sharingError } from "./plan-endpoints.ts";
import { serveNames } from "./serve-names.ts";

/**
 * Puts a container on one more network: at once when it runs, else from its next start on. Errors, with Docker's
 * texts: `not_found`, `forbidden` when it is there already, `invalid_argument`, and those of `Networks.connect`.
 *
 * Crash windows: until the record is saved, boot finds an endpoint that the record does not name, and gives it back.
 */
export async function connectContainer(
	context: Context,
	networkReference: string,
	request: { readonly container: string; readonly settings: EndpointSettings },
): Promise<void> {
	const container = context.registry.get(request.container);
	const network = context.networks.get(networkReference);
	const settings = requestedPart(request.settings);
	using _lock = await context.locks.acquire(container.id);
	assertConnectable(container, network);
	checkEndpoint(network, settings);
	assertEgress(context, container.record, [network]);
	assertAnswers(container);
	const record = {
		...container.record,
		endpoints: { ...container.record.endpoints, [network.name]: settings },
	};
	if (container.run !== undefined) await plugIn(context, container, { record, network });
	failpoint("containers.connect.after-plug");
	saveRecord(context, container, record);
	if (container.run === undefined) return;
	publishNetwork(context, container, { action: "connect", network });
	await followAddress(context, container);
}

function assertConnectable(container: Container, network: NetworkRecord): void {
	const { record } = container;
	const mode = record.hostConfig.NetworkMode ?? "";
	if (network.driver === "host") throw hostError();
	if (mode === "host" || mode.startsWith("container:")) throw sharingError();
	const others = Object.keys(record.endpoints).filter((name) => name !== network.name);
	for (const name of others) checkTogether(network.driver, name);
	if (container.run !== undefined && network.name in record.endpoints) {
		throw new EngineError(
			"forbidden",
			`endpoint with name ${record.name} already exists in network ${network.name}`,
		);
	}
	const { status } = record.state;
	if (status === "removing" || status === "dead")
		throw new EngineError(
			"conflict",
			`container ${container.id} is marked for removal and cannot be connected`,
		);
}

async function plugIn(
	context: Context,
	{ run }: Container,
	to: { readonly record: ContainerRecord; readonly network: NetworkRecord },
): Promise<void> {
	const { record, network } = to;
	const settings = record.endpoints[network.name]!;
	await using undo = new AsyncDisposableStack();
	await using sandbox = await driverOf(context, record).openSandbox(run!.task);
	const endpoint = await context.networks.connect(
		sandbox.plug,
		endpointRequest(record, { network, settings }),
	);
	undo.defer(() => context.networks.disconnect(record.id, network.id, sandbox.plug));
	await serveNames(context, record, sandbox.plug);
	await addToHosts(context, record, endpoint);
	await changeResolvConf(context, record);
	undo.move();
}
