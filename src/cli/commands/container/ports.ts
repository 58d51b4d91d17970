import type { ContainerSummary } from "../../../api/index.ts";

type Port = NonNullable<ContainerSummary["Ports"]>[number];

interface Range {
	readonly address: string;
	readonly protocol: string;
	firstPrivate: number;
	lastPrivate: number;
	firstPublic: number | undefined;
	lastPublic: number | undefined;
}

/** `0.0.0.0:8000-8002->80-82/tcp, 443/tcp`: neighbours are joined to ranges, published ones come with their address. */
export function formatPorts(ports: readonly Port[]): string {
	const ranges: Range[] = [];
	for (const port of [...ports].sort(comparePorts)) {
		const previous = ranges.find((range) => continues(range, port));
		if (previous === undefined) ranges.push(startRange(port));
		else extend(previous, port);
	}
	const published = ranges.filter(({ firstPublic }) => firstPublic !== undefined);
	const exposed = ranges.filter(({ firstPublic }) => firstPublic === undefined);
	return [...published, ...exposed].map(formatRange).join(", ");
}

function comparePorts(a: Port, b: Port): number {
	return (
		(a.PrivatePort ?? 0) - (b.PrivatePort ?? 0) ||
		(a.IP ?? "").localeCompare(b.IP ?? "") ||
		(a.PublicPort ?? 0) - (b.PublicPort ?? 0) ||
		(a.Type ?? "").localeCompare(b.Type ?? "")
	);
}

function startRange(port: Port): Range {
	const published = port.PublicPort === undefined || port.PublicPort === 0 ? undefined : port.PublicPort;
	return {
		address: port.IP ?? "",
		protocol: port.Type ?? "tcp",
		firstPrivate: port.PrivatePort ?? 0,
		lastPrivate: port.PrivatePort ?? 0,
		firstPublic: published,
		lastPublic: published,
	};
}

function continues(range: Range, port: Port): boolean {
	const next = startRange(port);
	if (next.address !== range.address || next.protocol !== range.protocol) return false;
	if (next.firstPrivate !== range.lastPrivate + 1) return false;
	if (range.lastPublic === undefined) return next.firstPublic === undefined;
	return next.firstPublic === range.lastPublic + 1;
}

function extend(range: Range, port: Port): void {
	range.lastPrivate = port.PrivatePort ?? 0;
	if (range.lastPublic !== undefined) range.lastPublic = port.PublicPort;
}

function formatRange(range: Range): string {
	const inside = `${span(range.firstPrivate, range.lastPrivate)}/${range.protocol}`;
	if (range.firstPublic === undefined) return inside;
	const address = range.address.includes(":") ? `[${range.address}]` : range.address;
	const host = address === "" ? "" : `${address}:`;
	return `${host}${span(range.firstPublic, range.lastPublic!)}->${inside}`;
}

function span(first: number, last: number): string {
	return first === last ? String(first) : `${first}-${last}`;
}
