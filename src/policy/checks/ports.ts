import type { PortMap } from "../../api/index.ts";
import type { SocketPolicy } from "../contract.ts";
import { quoted } from "../denial.ts";

/** Why ports of the host may not be published; `undefined` when they may. */
export function portsObjection(map: PortMap, policy: SocketPolicy): string | undefined {
	return Object.values(map)
		.flat()
		.map(({ HostPort = "" }) => portObjection(HostPort, policy))
		.find((text) => text !== undefined);
}

/** One port or a range; empty and 0 are ports that the engine chooses. */
function portObjection(text: string, { rules: { ports } }: SocketPolicy): string | undefined {
	if (text === "" || text === "0") return undefined;
	const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
	const from = Number(match?.[1] ?? Number.NaN);
	const to = Number(match?.[2] ?? from);
	if (from >= ports.from && to <= ports.to && from <= to) return undefined;
	return `the host's port ${quoted(text)} is not between ${ports.from} and ${ports.to}`;
}
