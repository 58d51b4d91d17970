/** Containers of a name server as the tests have them: network namespaces, and endpoints that are said to exist. */
import { closeSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "../../../src/lib/index.ts";
import type { Endpoint, NameServiceRequest, NetworkRecord } from "../../../src/networks/index.ts";
import type { NameServer } from "../../../src/networks/names/contract.ts";
import { createNameServer } from "../../../src/networks/names/name-server.ts";
import { createNetworkNamespace } from "../../../src/sys/index.ts";
import { processesNaming } from "../../support/leftovers.ts";
import { type Client, startClient } from "./client.ts";

export const namesProgram = new URL(
	process.env["HULL_TEST_DIST"] === undefined
		? "../../../native/build/hull-names"
		: "../../../dist/hull-names",
	import.meta.url,
).pathname;

export interface Sandbox {
	readonly id: string;
	readonly fd: number;
	readonly client: Client;
}

export interface Place extends AsyncDisposable {
	readonly runRoot: string;
	readonly log: string[];
	/** Questions that egress policies refused, as `CONTAINER NAME`. */
	readonly refused: string[];
	readonly names: NameServer;
	/** Another daemon on the same run root. */
	otherDaemon(): NameServer;
	/** A daemon without the program. */
	missing(): NameServer;
	join(network: string, containerId: string, how?: Partial<Endpoint>): Endpoint;
	leave(endpoint: Endpoint): void;
	/** A namespace with a client in it, served. */
	sandbox(id: string, how?: Partial<NameServiceRequest>): Promise<Sandbox>;
	/** A namespace with a client in it, not served yet. */
	bareSandbox(id: string): Promise<Sandbox>;
	/** Process ids of hull-names. */
	processes(): number[];
}

export async function makePlace(networks: readonly Partial<NetworkRecord>[] = [{}]): Promise<Place> {
	const cleanup = new AsyncDisposableStack();
	const runRoot = mkdtempSync(join(tmpdir(), "hull-names-"));
	cleanup.defer(() => rmSync(runRoot, { recursive: true, force: true }));
	const log: string[] = [];
	const refused: string[] = [];
	const endpoints = new Map<string, Endpoint>();
	const known = {
		egressTable: "hull_names_test",
		endpoints: () => [...endpoints.values()],
		network: (id: string) =>
			({
				id,
				name: id,
				driver: "bridge",
				internal: false,
				...networks.find((one) => one.id === id),
			}) as NetworkRecord,
	};
	const daemon = (program = namesProgram) =>
		createNameServer({
			...{ program, runRoot, known },
			refused: (containerId, { name }) => refused.push(`${containerId} ${name}`),
			log: createLogger("info", (line) => log.push(line)),
		});
	const names = daemon();
	cleanup.defer(() => names.stop());
	const bareSandbox: Place["bareSandbox"] = async (id) => {
		const fd = createNetworkNamespace();
		cleanup.defer(() => closeSync(fd));
		const client = cleanup.use(await startClient(fd));
		return { id, fd, client };
	};
	const place = {
		runRoot,
		log,
		refused,
		names,
		otherDaemon: () => daemon(),
		missing: () => daemon(join(runRoot, "nowhere")),
		join(network: string, containerId: string, how: Partial<Endpoint> = {}) {
			const endpoint = {
				...{ id: `${network}/${containerId}`, networkId: network, networkName: network, containerId },
				...{ ipv4Address: "", ipv6Address: "", names: [containerId], gatewayPriority: 0, egress: "", ...how },
			} as Endpoint;
			endpoints.set(endpoint.id, endpoint);
			names.changed(endpoint);
			return endpoint;
		},
		leave(endpoint: Endpoint) {
			endpoints.delete(endpoint.id);
			names.left(endpoint);
		},
		async sandbox(id: string, how: Partial<NameServiceRequest> = {}) {
			const made = await bareSandbox(id);
			await names.serve({ containerId: id, servers: [], ...how }, made.fd);
			return made;
		},
		bareSandbox,
		processes: () => processesNaming(runRoot),
	};
	return { ...place, [Symbol.asyncDispose]: () => cleanup.disposeAsync() };
}
