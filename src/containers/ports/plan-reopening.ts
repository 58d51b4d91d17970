import type { OpenPort, PortOrder } from "../../networks/index.ts";
import type { WantedPort } from "./plan-ports.ts";

/** What is open and what is wanted, compared. */
export interface Reopening {
	/** Everything that is wanted, that which is open by the port that it has. */
	readonly orders: readonly PortOrder[];
	/** Nothing is missing, and nothing open that is not wanted. */
	readonly same: boolean;
}

/** Which open ports serve what is wanted: they keep their number, also one that was chosen. */
export function planReopening(open: readonly OpenPort[], wanted: readonly WantedPort[]): Reopening {
	const left = new Set(open);
	const orders: PortOrder[] = [];
	let missing = false;
	for (const { containerPort, ...port } of wanted) {
		const first = [...left].find((candidate) => serves(candidate, { containerPort, ...port }));
		if (first === undefined) {
			missing = true;
			orders.push({ ...port, targetPort: containerPort });
			continue;
		}
		orders.push({
			...port,
			firstPort: first.hostPort,
			lastPort: first.hostPort,
			targetPort: containerPort,
		});
		// One that is wanted on every address may be open once for each family.
		for (const other of left) {
			if (other === first || (port.hostAddress === "" && isPair(first, other))) left.delete(other);
		}
	}
	return { orders, same: !missing && left.size === 0 };
}

function serves(open: OpenPort, wanted: WantedPort): boolean {
	const { protocol, containerPort, hostAddress, firstPort, lastPort } = wanted;
	if (open.protocol !== protocol || open.targetPort !== containerPort) return false;
	if (firstPort !== 0 && (open.hostPort < firstPort || open.hostPort > lastPort)) return false;
	if (hostAddress === "") return everywhere.includes(open.hostAddress);
	return normal(open.hostAddress) === normal(hostAddress);
}

const everywhere: readonly string[] = ["", "0.0.0.0", "::"];

function isPair(first: OpenPort, other: OpenPort): boolean {
	return (
		other.protocol === first.protocol &&
		other.targetPort === first.targetPort &&
		other.hostPort === first.hostPort &&
		everywhere.includes(other.hostAddress)
	);
}

/** The kernel tells IPv6 addresses in their short form. */
function normal(address: string): string {
	return address.includes(":") ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}
