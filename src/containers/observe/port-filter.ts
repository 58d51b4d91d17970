import { parsePortKey, parsePortRange } from "../../api/syntax.ts";
import { EngineError } from "../../lib/index.ts";
import type { Container } from "../container.ts";

interface PortRange {
	readonly start: number;
	readonly end: number;
	readonly protocol: string;
}

/**
 * The filters `expose` and `publish` of `ps`: `80`, `80/udp`, `80-90/tcp`. As in Docker the first is of ports inside
 * that the configuration names, the second of ports of the host that are open now.
 */
export function portTest(
	key: "expose" | "publish",
	wanted: readonly string[],
): (container: Container) => boolean {
	const ranges = wanted.map((text) => parseFilter(key, text));
	const isWanted = (port: number, protocol: string) =>
		ranges.some(({ start, end, protocol: own }) => own === protocol && port >= start && port <= end);
	if (key === "publish")
		return ({ publication }) =>
			publication?.ports.some(({ hostPort, protocol }) => isWanted(hostPort, protocol)) ?? false;
	return ({ record }) =>
		Object.keys(record.config.ExposedPorts ?? {}).some((exposed) => {
			const { port, protocol } = parsePortKey(exposed);
			return isWanted(port, protocol);
		});
}

function parseFilter(key: string, text: string): PortRange {
	const [, ports = "", protocol = "tcp"] = /^([0-9-]+)(?:\/(tcp|udp|sctp))?$/.exec(text) ?? [];
	try {
		return { ...parsePortRange(ports), protocol };
	} catch (cause) {
		throw new EngineError("invalid_argument", `invalid filter '${key}=${text}'`, { cause });
	}
}
