import { constants } from "node:os";
import { EngineError } from "../../lib/index.ts";
import type { Answer } from "./connection.ts";
import type { PortOrder, PublishRequest } from "./contract.ts";
import { processHolding } from "./process-holding.ts";

const { EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EACCES, EMFILE, EPROTOTYPE } = constants.errno;

/** Why nothing was published, as Docker says it where it does. */
export async function refusalError(
	answer: Exclude<Answer, { kind: "open" }>,
	request: PublishRequest,
): Promise<EngineError> {
	if (answer.kind === "gone") return new EngineError("unavailable", "hull-publish ended before it answered");
	const order = request.orders[answer.line];
	if (order === undefined) return new EngineError("unavailable", `hull-publish cannot ${answer.text}`);
	const bind = `Bind for ${place(order)} failed`;
	switch (answer.errno) {
		case EADDRINUSE:
			return new EngineError("conflict", `${bind}: ${takenText(order, request)}`);
		case EADDRNOTAVAIL:
			return new EngineError("invalid_argument", `${bind}: the host has no address ${order.hostAddress}`);
		case EAFNOSUPPORT:
			return new EngineError("unavailable", `${bind}: the kernel has no IPv6`);
		case EPROTOTYPE:
			return new EngineError(
				"invalid_argument",
				`${bind}: the container has no address of that family, and sctp is not carried to the other one`,
			);
		case EACCES:
			return new EngineError("forbidden", `${bind}: permission denied`);
		case EMFILE:
			return new EngineError(
				"unavailable",
				`${bind}: ${request.orders.length} ports are more than open files are allowed, raise the limit of hulld (ulimit -n)`,
			);
		default:
			return new EngineError("unavailable", `${bind}: ${answer.text}`);
	}
}

function takenText(order: PortOrder, request: PublishRequest): string {
	if (order.firstPort !== order.lastPort || order.firstPort === 0) return "all ports are allocated";
	const { protocol, hostAddress, firstPort: hostPort } = order;
	const port = { protocol, hostAddress, hostPort };
	const holder = request.holderOf(port) ?? processHolding(port);
	return `port is already allocated${holder === undefined ? "" : `: held by ${holder}`}`;
}

function place({ hostAddress, firstPort, lastPort }: PortOrder): string {
	const address = hostAddress.includes(":") ? `[${hostAddress}]` : hostAddress || "0.0.0.0";
	return `${address}:${firstPort === lastPort ? firstPort : `${firstPort}-${lastPort}`}`;
}
