import { isIP } from "node:net";
import { EngineError } from "../lib/index.ts";

/** One container port and where the host publishes it. */
export interface PortMapping {
	/** `80/tcp`: the key of `ExposedPorts` and `PortBindings`. */
	readonly port: string;
	/** Empty for every address of the host. */
	readonly hostIp: string;
	/** `8080`, a range to choose from (`8000-8010`), or empty for a free port. */
	readonly hostPort: string;
}

/** The two members of a create request that `-p` fills. */
export interface PublishedPorts {
	readonly exposedPorts: Record<string, Record<string, never>>;
	readonly portBindings: Record<string, { HostIp: string; HostPort: string }[]>;
}

/** All `-p` values of a command line, in the shape of a create request. Errors: as {@link parsePortSpec}. */
export function parsePortSpecs(specs: readonly string[]): PublishedPorts {
	const published: PublishedPorts = { exposedPorts: {}, portBindings: {} };
	for (const mapping of specs.flatMap(parsePortSpec)) {
		published.exposedPorts[mapping.port] ??= {};
		published.portBindings[mapping.port] ??= [];
		published.portBindings[mapping.port]!.push({ HostIp: mapping.hostIp, HostPort: mapping.hostPort });
	}
	return published;
}

/**
 * One `-p` value: `[[ip:]hostPort:]containerPort[/protocol]`, ports may be ranges of equal length; a host range for
 * one container port is where a free port is taken from. Errors: `invalid_argument` with go-connections' texts.
 */
export function parsePortSpec(spec: string): PortMapping[] {
	const parts = spec.split(":");
	const containerPart = parts.pop()!;
	const hostPort = parts.pop() ?? "";
	const hostIp = parseHostAddress(parts.join(":"));

	const { range: containerPort, protocol } = splitProtocol(containerPart);
	if (containerPort === "") throw invalid(`no port specified: ${spec}<empty>`);
	assertProtocol(protocol);
	const container = rangeOr(containerPort, `invalid containerPort: ${containerPort}`);
	const host = hostPort === "" ? undefined : rangeOr(hostPort, `invalid hostPort: ${hostPort}`);

	const count = container.end - container.start + 1;
	if (host !== undefined && count > 1 && host.end - host.start + 1 !== count)
		throw invalid(`invalid ranges specified for container and host Ports: ${containerPort} and ${hostPort}`);
	return Array.from({ length: count }, (_, index) => ({
		port: `${container.start + index}/${protocol}`,
		hostIp,
		hostPort: hostPortAt(host, index, count),
	}));
}

/** One `--expose` value: `80`, `80-90`, `53/udp`. Gives the keys of `ExposedPorts`. */
export function parseExposedPorts(spec: string): string[] {
	const { range, protocol } = splitProtocol(spec);
	const ports = rangeOr(
		range,
		`invalid range format for --expose: invalid port range: ${JSON.stringify(spec)}`,
	);
	assertProtocol(protocol);
	return Array.from({ length: ports.end - ports.start + 1 }, (_, i) => `${ports.start + i}/${protocol}`);
}

/** A key of `ExposedPorts` or `PortBindings`: `80/tcp`, `80` (tcp). Errors: Docker's `invalid port specification`. */
export function parsePortKey(key: string): { readonly port: number; readonly protocol: string } {
	const message = `invalid port specification: ${JSON.stringify(key)}`;
	const { range, protocol } = splitProtocol(key);
	const { start, end } = rangeOr(range, message);
	if (start !== end || start === 0) throw invalid(message);
	assertProtocol(protocol);
	return { port: start, protocol };
}

/** `8000-9000` or `80`. Errors: `invalid_argument`. */
export function parsePortRange(text: string): { readonly start: number; readonly end: number } {
	const dash = text.indexOf("-");
	const first = dash < 0 ? text : text.slice(0, dash);
	const start = parsePortNumber(first, `invalid start port '${first}'`);
	if (dash < 0) return { start, end: start };
	const last = text.slice(dash + 1);
	const end = parsePortNumber(last, `invalid end port '${last}'`);
	if (end < start) throw invalid(`invalid port range: ${text}`);
	return { start, end };
}

function parsePortNumber(text: string, where: string): number {
	if (text === "") throw invalid(`${where}: value is empty`);
	if (!/^\+?\d+$/.test(text)) throw invalid(`${where}: invalid syntax`);
	const port = Number(text);
	if (port > 65_535) throw invalid(`${where}: value out of range (0–65535)`);
	return port;
}

function rangeOr(text: string, message: string): { start: number; end: number } {
	try {
		return parsePortRange(text);
	} catch (error) {
		throw new EngineError("invalid_argument", message, { cause: error });
	}
}

function splitProtocol(text: string): { range: string; protocol: string } {
	const slash = text.indexOf("/");
	if (slash < 0) return { range: text, protocol: "tcp" };
	return { range: text.slice(0, slash), protocol: text.slice(slash + 1).toLowerCase() || "tcp" };
}

function assertProtocol(protocol: string): void {
	if (protocol !== "tcp" && protocol !== "udp" && protocol !== "sctp")
		throw invalid(`invalid proto: ${protocol}`);
}

function parseHostAddress(text: string): string {
	if (text === "") return "";
	const bracketed = /^\[(.*)\]$/.exec(text);
	const address = bracketed?.[1] ?? text;
	// Go's parser takes no zone, Node's does.
	if (isIP(address) === 0 || address.includes("%")) throw invalid(`invalid IP address: ${text}`);
	return address;
}

function hostPortAt(
	host: { start: number; end: number } | undefined,
	index: number,
	containerPorts: number,
): string {
	if (host === undefined) return "";
	if (containerPorts === 1 && host.start !== host.end) return `${host.start}-${host.end}`;
	return String(host.start + index);
}

function invalid(message: string): EngineError {
	return new EngineError("invalid_argument", message);
}
