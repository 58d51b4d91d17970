import type { Logger } from "../../lib/index.ts";
import { type LoggedPacket, watchPacketLog } from "../../sys/index.ts";
import type { Endpoint, NetworkDenial } from "../contract.ts";
import type { EndpointTable } from "../endpoint-table.ts";
import { createDenialLimit } from "./denial-limit.ts";
import { readPacket } from "./packet.ts";

export interface DenialsOptions {
	readonly logGroup: number;
	readonly endpoints: EndpointTable;
	/** The name that a container was last told an address for. */
	readonly nameOf: (containerId: string, address: string) => Promise<string | undefined>;
	readonly denied: (denial: NetworkDenial) => void;
	readonly log: Logger;
}

/** What egress policies denied, told once and then not for a while: a program that tries again and again says it once. */
export interface Denials {
	/** hull-names refused a question. */
	nameRefused(containerId: string, question: { readonly name: string; readonly type: number }): void;
	/** Begins to listen to what the kernel denies. */
	watch(): void;
	close(): void;
}

const questionTypes: Readonly<Record<number, string>> = {
	1: "A",
	2: "NS",
	5: "CNAME",
	6: "SOA",
	12: "PTR",
	15: "MX",
	16: "TXT",
	28: "AAAA",
	33: "SRV",
	65: "HTTPS",
	255: "ANY",
};

export function createDenials(options: DenialsOptions): Denials {
	const { endpoints, denied, log } = options;
	const limit = createDenialLimit();
	let watching: Disposable | undefined;
	const tell = (endpoint: Endpoint, what: Omit<NetworkDenial, keyof Identity | "suppressed">) => {
		const key = [
			what.name ?? "",
			what.queryType ?? "",
			what.address ?? "",
			what.protocol ?? "",
			what.port ?? "",
		];
		const allowance = limit.take(endpoint.containerId, key.join(" "));
		if (allowance !== undefined)
			denied({ ...identityOf(endpoint), ...what, suppressed: allowance.suppressed });
	};
	const packetDenied = async ({ prefix, bytes }: LoggedPacket) => {
		const endpoint = endpoints.all().find(({ id }) => prefix !== "" && id.startsWith(prefix));
		const packet = readPacket(bytes);
		if (endpoint === undefined || packet === undefined) return;
		const name = await options.nameOf(endpoint.containerId, packet.address);
		const { address, protocol, port } = packet;
		tell(endpoint, {
			address,
			protocol,
			...(port === 0 ? {} : { port }),
			...(name === undefined ? {} : { name }),
		});
	};
	return {
		nameRefused(containerId, { name, type }) {
			const [endpoint] = endpoints.ofContainer(containerId);
			if (endpoint !== undefined) tell(endpoint, { name, queryType: questionTypes[type] ?? `TYPE${type}` });
		},
		watch() {
			try {
				watching ??= watchPacketLog(options.logGroup, (packets) => {
					for (const packet of packets)
						packetDenied(packet).catch((error) => log.warn("a denied packet cannot be told of", { error }));
				});
			} catch (error) {
				log.warn("what egress policies deny cannot be told: the kernel's packet log is not to be had", {
					error,
				});
			}
		},
		close() {
			watching?.[Symbol.dispose]();
			watching = undefined;
		},
	};
}

type Identity = Pick<NetworkDenial, "containerId" | "networkId" | "networkName">;

function identityOf({ containerId, networkId, networkName }: Endpoint): Identity {
	return { containerId, networkId, networkName };
}
