import { closeSync, fstatSync, openSync } from "node:fs";
import { join } from "node:path";
import { delay, type Logger } from "../../lib/index.ts";
import { connectIn } from "../../sys/index.ts";
import type { NameServiceRequest } from "../contract.ts";
import { greet, type NameRefused, type NamesConnection } from "./connection.ts";
import type { KnownNames, NameServer } from "./contract.ts";
import { containerOrder, egressOrders, endpointOrder, leftOrder } from "./orders.ts";
import { startProgram } from "./start-program.ts";

export interface NameServerOptions {
	/** Path of hull-names; `undefined`: nobody can be served. */
	readonly program: string | undefined;
	/** Where its socket is. */
	readonly runRoot: string;
	readonly known: KnownNames;
	/** Is told of names that an egress policy refused. */
	readonly refused: NameRefused;
	readonly log: Logger;
}

/** A served container. */
interface Served {
	readonly request: NameServiceRequest;
	/** Keeps the namespace, so that it can be attached again if the program is killed. */
	readonly namespace: { readonly fd: number; readonly inode: number } | undefined;
	/** Under way, or done, with the program that is connected. */
	attached: Promise<void> | undefined;
}

const firstRetryMs = 100;
const lastRetryMs = 5_000;

/**
 * Serves by hull-names, which is started when the first container wants it.
 *
 * A daemon that is killed leaves the program serving; the next one tells it everything anew and attaches those that
 * it does not have. A program that is killed is started again, and all containers are attached again.
 */
export function createNameServer(options: NameServerOptions): NameServer {
	const { log, known, runRoot } = options;
	const served = new Map<string, Served>();
	let connection: NamesConnection | undefined;
	let connecting: Promise<NamesConnection> | undefined;
	let isOver = false;

	const connected = async (): Promise<NamesConnection> => {
		if (connection !== undefined) return connection;
		connecting ??= startProgram(options)
			.then(takeUp)
			.finally(() => {
				connecting = undefined;
			});
		return await connecting;
	};
	const takeUp = (found: NamesConnection): NamesConnection => {
		connection = found;
		found.send(
			["sync\n", ...egressLines(), ...served.keys().map(containerLines), ...endpointLines(), "synced\n"].join(
				"",
			),
		);
		for (const container of served.values()) {
			container.attached = undefined;
			attach(found, container).catch((error) =>
				log.error("a container finds no names any more", { container: container.request.containerId, error }),
			);
		}
		void found.ended.then(() => recover(found));
		return found;
	};
	const recover = async (lost: NamesConnection) => {
		if (connection !== lost) return;
		connection = undefined;
		if (isOver || served.size === 0) return;
		log.warn("hull-names was killed; it is started again");
		for (let waitMs = firstRetryMs; !isOver && served.size > 0; waitMs = Math.min(2 * waitMs, lastRetryMs)) {
			try {
				await connected();
				return;
			} catch (error) {
				log.error("hull-names cannot be started again, containers find no names", { error });
				await delay(waitMs);
			}
		}
	};
	const attach = async (program: NamesConnection, container: Served): Promise<void> => {
		const { namespace, request } = container;
		if (namespace === undefined) return;
		container.attached ??= program.has(request.containerId)
			? Promise.resolve()
			: program.attach(request.containerId, namespace.fd);
		await container.attached;
	};
	const endpointLines = (containerId?: string) =>
		known
			.endpoints()
			.filter((endpoint) => containerId === undefined || endpoint.containerId === containerId)
			.map((endpoint) => {
				const network = known.network(endpoint.networkId);
				const asker = served.get(endpoint.containerId)?.request;
				return network === undefined ? "" : endpointOrder(endpoint, network, asker);
			});
	const egressLines = (containerId?: string) =>
		known
			.endpoints()
			.filter((endpoint) => containerId === undefined || endpoint.containerId === containerId)
			.map((endpoint) => {
				const network = known.network(endpoint.networkId);
				return network === undefined ? "" : egressOrders(endpoint, network, known.egressTable);
			});
	const containerLines = (containerId: string) => containerOrder(served.get(containerId)!.request);
	const forget = (containerId: string) => {
		const container = served.get(containerId);
		if (container === undefined) return;
		served.delete(containerId);
		connection?.forget(containerId);
		release(container);
	};
	const remember = (request: NameServiceRequest, namespaceFd: number | undefined): Served => {
		const { containerId } = request;
		const namespace = namespaceFd === undefined ? undefined : openNamespace(namespaceFd);
		const former = served.get(containerId);
		// A run that ended unseen.
		if (former !== undefined && former.namespace?.inode !== namespace?.inode) forget(containerId);
		else if (former !== undefined) release(former);
		const container = { request, namespace, attached: served.get(containerId)?.attached };
		served.set(containerId, container);
		return container;
	};
	return {
		socketPath: join(runRoot, "names.sock"),
		async restore() {
			const socket = await connectIn(runRoot, "names.sock");
			const found = socket === undefined ? undefined : await greet(socket, options.refused);
			// Containers with endpoints stay attached until they are served anew; those that are gone are so at once.
			if (found !== undefined) takeUp(found);
		},
		async serve(request, namespaceFd) {
			const { containerId } = request;
			const container = remember(request, namespaceFd);
			try {
				const program = await connected();
				program.send(
					[...egressLines(containerId), containerOrder(request), ...endpointLines(containerId)].join(""),
				);
				await attach(program, container);
			} catch (error) {
				if (served.get(containerId) === container) forget(containerId);
				throw error;
			}
		},
		changed(endpoint) {
			const network = known.network(endpoint.networkId);
			if (network === undefined || connection === undefined) return;
			const order = endpointOrder(endpoint, network, served.get(endpoint.containerId)?.request);
			connection.send(egressOrders(endpoint, network, known.egressTable) + order);
		},
		left: (endpoint) => connection?.send(leftOrder(endpoint)),
		refill: (containerId) => connection?.send(`refill ${containerId}\n`),
		nameOf: async (containerId, address) => await connection?.nameOf(containerId, address),
		forget,
		async stop() {
			isOver = true;
			const last = connection ?? (await connecting?.catch(() => undefined));
			last?.send("stop\n");
			await last?.ended;
			for (const container of served.values()) release(container);
			served.clear();
			isOver = false;
		},
		close() {
			isOver = true;
			for (const container of served.values()) release(container);
			served.clear();
			connection?.close();
			connection = undefined;
		},
	};
}

function openNamespace(fd: number): { readonly fd: number; readonly inode: number } {
	const kept = openSync(`/proc/self/fd/${fd}`, "r");
	return { fd: kept, inode: fstatSync(kept).ino };
}

/** The program opens it by its number: that is nobody else's before it has answered. */
function release({ namespace, attached }: Served): void {
	if (namespace === undefined) return;
	const close = () => closeSync(namespace.fd);
	if (attached === undefined) close();
	else void attached.then(close, close);
}
