import { isIP } from "node:net";
import type { ContainerConfig, HostConfig, PortBinding } from "../../api/index.ts";
import { parsePortKey, parsePortRange } from "../../api/syntax.ts";
import { EngineError } from "../../lib/index.ts";
import type { PortProtocol } from "../../networks/index.ts";

/** A container's port and where the host is to publish it. */
export interface WantedPort {
	readonly protocol: PortProtocol;
	readonly containerPort: number;
	/** Empty for every address of the host. */
	readonly hostAddress: string;
	/** One free port between these; both 0: any. */
	readonly firstPort: number;
	readonly lastPort: number;
}

/**
 * What `PortBindings`, and with `PublishAllPorts` the exposed ports that have none, ask for. Errors:
 * `invalid_argument`, with Docker's texts where it has one.
 */
export function planPorts(config: ContainerConfig, hostConfig: HostConfig): WantedPort[] {
	const bindings = new Map(Object.entries(hostConfig.PortBindings ?? {}));
	if (hostConfig.PublishAllPorts) {
		for (const key of Object.keys(config.ExposedPorts ?? {})) {
			if ((bindings.get(key)?.length ?? 0) === 0) bindings.set(key, [{}]);
		}
	}
	return [...bindings].flatMap(([key, wanted]) => wanted.map((binding) => planPort(key, binding)));
}

function planPort(key: string, { HostIp = "", HostPort = "" }: PortBinding): WantedPort {
	const { port, protocol } = parsePortKey(key);
	const { start, end } = hostRange(HostPort);
	return {
		protocol: protocol as PortProtocol,
		containerPort: port,
		hostAddress: hostAddress(HostIp),
		firstPort: start,
		lastPort: end,
	};
}

function hostRange(text: string): { readonly start: number; readonly end: number } {
	if (text === "") return { start: 0, end: 0 };
	try {
		const range = parsePortRange(text);
		// Zero is any port, and no beginning of a range.
		if (range.start > 0 || range.end === 0) return range;
	} catch {}
	throw new EngineError("invalid_argument", `invalid port specification: ${JSON.stringify(text)}`);
}

function hostAddress(text: string): string {
	const family = text === "" ? 4 : isIP(text);
	if (family === 0 || text.includes("%"))
		throw new EngineError("invalid_argument", `invalid IP address: ${text}`);
	return text;
}
