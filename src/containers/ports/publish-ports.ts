import { EngineError, isEngineError } from "../../lib/index.ts";
import type { Endpoint, HostPort, PortOrder, Publication } from "../../networks/index.ts";
import type { Task } from "../../runtime/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { taskLocation } from "../locations.ts";
import { planPorts } from "./plan-ports.ts";

/**
 * Opens the ports that a container publishes; the supervisor of a task that is new is waited for, its process need not
 * run. `undefined` when it publishes none, or has no network of its own. Errors: as `PortPublisher.publish`, in Docker's words.
 */
export async function publishPorts(
	context: Context,
	container: Container,
	{ endpoint, task }: { readonly endpoint: Endpoint | undefined; readonly task?: Task },
): Promise<Publication | undefined> {
	const { record } = container;
	const wanted = planPorts(record.config, record.hostConfig);
	if (endpoint === undefined || wanted.length === 0) return undefined;
	await task?.supervised();
	const orders = wanted.map(({ containerPort, ...port }) => ({ ...port, targetPort: containerPort }));
	return publishOrders(context, container, { endpoint, orders });
}

/** Opens these ports, all or none. Errors: as {@link publishPorts}. */
export async function publishOrders(
	context: Context,
	container: Container,
	{ endpoint, orders }: { readonly endpoint: Endpoint; readonly orders: readonly PortOrder[] },
): Promise<Publication | undefined> {
	if (orders.length === 0) return undefined;
	const { record } = container;
	try {
		return await open(context, container, { endpoint, orders });
	} catch (error) {
		if (!isEngineError(error)) throw error;
		throw new EngineError(
			error.code,
			`driver failed programming external connectivity on endpoint ${record.name} (${endpoint.id}): ${error.message}`,
			{ cause: error },
		);
	}
}

/** The same ports once more, for a container whose publication was lost while it runs. */
export function publishAgain(
	context: Context,
	container: Container,
	lost: { readonly publication: Publication; readonly endpoint: Endpoint },
): Promise<Publication | undefined> {
	const orders = lost.publication.ports.map(({ hostPort, ...port }) => ({
		...port,
		firstPort: hostPort,
		lastPort: hostPort,
	}));
	return open(context, container, { endpoint: lost.endpoint, orders: bothFamiliesAtOnce(orders) });
}

/** A port of sctp is held for both families at once, so it must be asked for once. */
function bothFamiliesAtOnce(orders: readonly PortOrder[]): PortOrder[] {
	const asked = new Set<number>();
	return orders.flatMap((order) => {
		if (order.protocol !== "sctp" || !["0.0.0.0", "::"].includes(order.hostAddress)) return [order];
		if (asked.has(order.firstPort)) return [];
		asked.add(order.firstPort);
		return [{ ...order, hostAddress: "" }];
	});
}

async function open(
	context: Context,
	container: Container,
	what: { readonly endpoint: Endpoint; readonly orders: readonly PortOrder[] },
): Promise<Publication | undefined> {
	const { endpoint, orders } = what;
	const translates = orders.some(({ protocol }) => protocol === "sctp");
	const target = context.networks.publishTarget(endpoint, { translates });
	if (target === undefined) return undefined;
	const { runDir } = taskLocation(context, container.id);
	const whoHolds = (port: HostPort) => holderOf(context, container, port);
	return await context.ports.publish({ runDir, target, orders, holderOf: whoHolds });
}

function holderOf(context: Context, asking: Container, wanted: HostPort): string | undefined {
	const holder = [...context.registry.all()].find((other) =>
		other.publication?.ports.some((port) => overlaps(port, wanted)),
	);
	if (holder === asking) return "this container's own other binding";
	return holder === undefined ? undefined : `container ${holder.record.name}`;
}

function overlaps(open: HostPort, wanted: HostPort): boolean {
	if (open.protocol !== wanted.protocol || open.hostPort !== wanted.hostPort) return false;
	const addresses = [open.hostAddress, wanted.hostAddress];
	if (addresses.some((address) => address === "")) return true;
	if (addresses[0]!.includes(":") !== addresses[1]!.includes(":")) return false;
	return addresses[0] === addresses[1] || addresses.includes("0.0.0.0") || addresses.includes("::");
}
