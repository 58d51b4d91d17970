import type { ContainerSummary, PortBinding } from "../../api/index.ts";
import { parsePortKey } from "../../api/syntax.ts";
import type { OpenPort } from "../../networks/index.ts";
import type { Container } from "../container.ts";
import { isAlive } from "../record/state.ts";

type PortSummary = NonNullable<ContainerSummary["Ports"]>[number];

/** `NetworkSettings.Ports`: of a container that runs each exposed or published port, `null` where the host has none. */
export function portMap(container: Container): Record<string, PortBinding[]> {
	const ports: Record<string, PortBinding[] | null> = {};
	for (const key of shownPorts(container)) {
		const open = openPorts(container, key);
		ports[key] = open.length === 0 ? null : open.map(toBinding);
	}
	// No type knows Docker's null.
	return ports as Record<string, PortBinding[]>;
}

/** `Ports` of a list. */
export function portSummaries(container: Container): PortSummary[] {
	return shownPorts(container).flatMap((key): PortSummary[] => {
		const { port, protocol } = parsePortKey(key);
		const inside = { PrivatePort: port, Type: protocol as "tcp" | "udp" | "sctp" };
		const open = openPorts(container, key);
		if (open.length === 0) return [inside];
		return open.map(({ hostAddress, hostPort }) => ({ IP: hostAddress, PublicPort: hostPort, ...inside }));
	});
}

/** Only a network of its own has ports to tell of. */
function shownPorts({ record }: Container): string[] {
	const mode = record.hostConfig.NetworkMode ?? "";
	if (!isAlive(record.state) || mode === "host" || mode === "none" || mode.startsWith("container:"))
		return [];
	const keys = [
		...Object.keys(record.config.ExposedPorts ?? {}),
		...Object.keys(record.hostConfig.PortBindings ?? {}),
	];
	return [...new Set(keys.map(normalKey))];
}

function normalKey(key: string): string {
	const { port, protocol } = parsePortKey(key);
	return `${port}/${protocol}`;
}

function openPorts({ publication }: Container, key: string): OpenPort[] {
	return (publication?.ports ?? []).filter(({ targetPort, protocol }) => `${targetPort}/${protocol}` === key);
}

function toBinding({ hostAddress, hostPort }: OpenPort): PortBinding {
	return { HostIp: hostAddress, HostPort: String(hostPort) };
}
