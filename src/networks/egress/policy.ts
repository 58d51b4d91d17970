import { EngineError } from "../../lib/index.ts";
import { parseAddress } from "../ipam/address.ts";
import { parseSubnet, type Subnet } from "../ipam/subnet.ts";

/** What containers may leave their networks for; nothing else. Empty: nothing at all. */
export type EgressPolicy = readonly EgressRule[];

export interface EgressRule {
	readonly to: EgressName | EgressSubnet;
	/** `undefined`: any; with ports TCP and UDP. */
	readonly protocol: EgressProtocol | undefined;
	/** First and last, in order and apart; empty: all but those of name servers. */
	readonly ports: readonly (readonly [number, number])[];
}

export interface EgressName {
	readonly kind: "name";
	/** In lower case: `api.example.com`, or `*.example.com` for all below it. */
	readonly pattern: string;
}

export interface EgressSubnet {
	readonly kind: "subnet";
	readonly subnet: Subnet;
}

export type EgressProtocol = "tcp" | "udp" | "icmp";

/** hull-names keeps twice as many patterns. */
const maxRules = 64;
const maxText = 8192;

/**
 * Reads a policy: words `deny` and `allow=TARGET[:PORTS][/PROTOCOL]`. A target is a name, `*.` and a name, an address or
 * a subnet in CIDR form, IPv6 in brackets before ports; ports are numbers and ranges with commas between; protocols tcp,
 * udp and icmp (which is ping). Any word denies all that no word allows. `undefined` for a text without words: no
 * policy. Errors: `invalid_argument` that names the word.
 */
export function parseEgress(text: string): EgressPolicy | undefined {
	const words = text.split(/\s+/).filter((word) => word !== "");
	if (words.length === 0) return undefined;
	if (words.length > maxRules || text.length > maxText)
		throw new EngineError("invalid_argument", `an egress policy has at most ${maxRules} rules`);
	return words.filter((word) => word !== "deny").map(parseRule);
}

function parseRule(word: string): EgressRule {
	const match = /^allow=(.+?)(?:\/(tcp|udp|icmp))?$/.exec(word);
	if (match === null) throw invalid(word, "it is neither deny nor allow=TARGET[:PORTS][/tcp|/udp|/icmp]");
	const protocol = match[2] as EgressProtocol | undefined;
	const { target, ports } = splitPorts(match[1]!);
	if (protocol === "icmp" && ports !== undefined) throw invalid(word, "icmp has no ports");
	return {
		to: parseTarget(word, target),
		protocol,
		ports: ports === undefined ? [] : parsePorts(word, ports),
	};
}

/** An IPv6 address without brackets has no ports behind it. */
function splitPorts(text: string): { readonly target: string; readonly ports: string | undefined } {
	const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
	if (bracketed !== null) return { target: bracketed[1]!, ports: bracketed[2] };
	const [target = "", ports, ...more] = text.split(":");
	return more.length > 0 ? { target: text, ports: undefined } : { target, ports };
}

function parseTarget(word: string, target: string): EgressName | EgressSubnet {
	const address = parseAddress(target);
	const subnet =
		address === undefined
			? parseSubnet(target)
			: { family: address.family, base: address.value, prefixLength: address.family === 4 ? 32 : 128 };
	if (subnet !== undefined) return { kind: "subnet", subnet };
	const pattern = target.toLowerCase().replace(/\.$/, "");
	const name = pattern.startsWith("*.") ? pattern.slice(2) : pattern;
	const label = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?";
	if (!new RegExp(`^(?:${label}\\.)*${label}$`).test(name) || name.length > 253)
		throw invalid(word, "the target is no name, address or subnet (write names with other letters as xn--…)");
	if (/(^|\.)[0-9]+$/.test(name)) throw invalid(word, "the target looks like an address and is none");
	return { kind: "name", pattern };
}

function parsePorts(word: string, text: string): (readonly [number, number])[] {
	const ranges = text.split(",").map((part) => {
		const match = /^([1-9]\d{0,4})(?:-([1-9]\d{0,4}))?$/.exec(part);
		const first = Number(match?.[1]);
		const last = Number(match?.[2] ?? match?.[1]);
		if (match === null || last < first || last > 65535) throw invalid(word, `the port ${part} cannot be`);
		return [first, last] as const;
	});
	return merge(ranges);
}

function merge(ranges: readonly (readonly [number, number])[]): (readonly [number, number])[] {
	const merged: [number, number][] = [];
	for (const [first, last] of [...ranges].sort(([one], [other]) => one - other)) {
		const before = merged.at(-1);
		if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
		else merged.push([first, last]);
	}
	return merged;
}

function invalid(word: string, reason: string): EngineError {
	return new EngineError("invalid_argument", `invalid egress rule ${JSON.stringify(word)}: ${reason}`);
}
