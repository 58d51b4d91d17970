/** An engine's networks on a data root of its own, as the daemon has them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "../../../src/lib/index.ts";
import {
	type CreateNetworkRequest,
	createNetworks,
	type NetworkRecord,
	type Networks,
} from "../../../src/networks/index.ts";
import { createMetadata, type Metadata } from "../../../src/store/index.ts";

/** Disposing removes what it made from the machine and closes its database. */
export interface Engine extends AsyncDisposable {
	readonly networks: Networks;
	readonly metadata: Metadata;
	readonly bridge: NetworkRecord;
	readonly bridgeName: string;
	readonly tableName: string;
	/** Lines of the log. */
	readonly log: string[];
	/** What a daemon that ends leaves behind: links and rules stay. */
	stop(): Promise<void>;
}

export interface EngineOptions {
	readonly dataRoot: string;
	readonly live?: readonly string[];
	/** Changes the records before the engine reads them. */
	readonly prepare?: (metadata: Metadata) => void;
}

export function makeDataRoot(): { readonly path: string } & Disposable {
	const path = mkdtempSync(join(tmpdir(), "hull-networks-"));
	return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** What a client asks for that says nothing more than this. */
export function networkRequest(name: string, more: Partial<CreateNetworkRequest> = {}): CreateNetworkRequest {
	return {
		name,
		driver: "bridge",
		internal: false,
		attachable: false,
		enableIpv4: true,
		enableIpv6: false,
		labels: {},
		options: {},
		ipamOptions: {},
		pools: [],
		...more,
	};
}

/** Starts networks as the daemon does, on what an earlier one left. */
export async function startEngine({ dataRoot, live, prepare }: EngineOptions): Promise<Engine> {
	const log: string[] = [];
	const logger = createLogger("info", (line) => log.push(line));
	const metadata = createMetadata({ path: join(dataRoot, "hull.db"), log: logger });
	prepare?.(metadata);
	const networks = createNetworks({ metadata, dataRoot, log: logger });
	await networks.restore(new Set(live));
	const bridge = networks.get("bridge");
	const bridgeName = bridge.options["com.docker.network.bridge.name"]!;
	let running = true;
	const stop = async () => {
		if (running) metadata.close();
		running = false;
		await networks.close();
	};
	return {
		networks,
		metadata,
		bridge,
		bridgeName,
		tableName: bridgeName.replace("-", "_"),
		log,
		stop,
		async [Symbol.asyncDispose]() {
			if (running) await networks.teardown();
			await stop();
		},
	};
}
