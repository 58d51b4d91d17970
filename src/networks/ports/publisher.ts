import { closeSync, existsSync } from "node:fs";
import { EngineError } from "../../lib/index.ts";
import { connectIn, createSocketPair, spawnProcess, streamSocket } from "../../sys/index.ts";
import { connectPublication } from "./connection.ts";
import type { PortOrder, PortPublisher, Publication, PublishRequest, PublishTarget } from "./contract.ts";
import { refusalError } from "./refusal.ts";

/** Publishes by hull-publish, which the program at `path` is. */
export function createPortPublisher(path: string): PortPublisher {
	return {
		publish: (request) => publish(path, request),
		async find(runDir) {
			const socket = await connectIn(runDir, "publish.sock");
			if (socket === undefined) return undefined;
			const answer = await connectPublication(socket);
			// It went between our connecting and its answer.
			return answer.kind === "open" ? answer.publication : undefined;
		},
	};
}

/**
 * A daemon that dies here leaves a program that reads end of file and goes, or one with open ports that goes with
 * the supervisor: one that was not told to start leaves with its daemon.
 */
async function publish(path: string, request: PublishRequest): Promise<Publication> {
	const { runDir, orders, target } = request;
	if (!existsSync(path))
		throw new EngineError("unavailable", `publishing ports needs hull-publish, which is missing at ${path}`);
	const [ours, theirs] = createSocketPair();
	try {
		spawnProcess([path, runDir], [null, null, null, theirs]);
	} catch (error) {
		closeSync(ours);
		throw new EngineError("unavailable", `cannot start ${path}`, { cause: error });
	} finally {
		closeSync(theirs);
	}
	const answer = await connectPublication(
		streamSocket(ours),
		`${targetLine(target)}${orders.map(orderLine).join("")}\n`,
	);
	if (answer.kind === "open") return answer.publication;
	throw await refusalError(answer, request);
}

function targetLine({ mode, ipv4Address, ipv6Address, linkName }: PublishTarget): string {
	return `${mode} ${ipv4Address || "-"} ${ipv6Address || "-"} ${linkName}\n`;
}

function orderLine(order: PortOrder): string {
	const { protocol, firstPort, lastPort, targetPort } = order;
	const host = order.hostAddress === "" ? "*" : order.hostAddress;
	return `${protocol} ${host} ${firstPort} ${lastPort} ${targetPort}\n`;
}
