import { expect, test } from "bun:test";
import type { Endpoint } from "../contract.ts";
import { parseAddress } from "../ipam/address.ts";
import { allows, parseSets } from "./cut.ts";
import { parseEgress } from "./policy.ts";
import { setStem } from "./scopes.ts";

const containerId = "c".repeat(64);
const stem = setStem(containerId, { kind: "name", pattern: "a.b" });
const sets = parseSets(
	JSON.stringify({
		nftables: [
			{ metainfo: {} },
			{ set: { name: `${stem}_4`, elem: [{ elem: { val: "192.0.2.1", timeout: 60 } }, "192.0.2.2"] } },
			{ set: { name: `${stem}_6` } },
		],
	}),
);
const flow = (address: string, protocol: number, port: number) => ({
	target: parseAddress(address)!,
	protocol,
	port,
});
const under = (...policies: string[]) => ({
	endpoint: { containerId } as Endpoint,
	bridgeName: "x",
	scopes: policies.map((policy, index) => ({ id: String(index), policy: parseEgress(policy)! })),
});

test("a flow is allowed as the rules say it", () => {
	expect(allows(under("allow=a.b:443"), flow("192.0.2.1", 6, 443), sets)).toBe(true);
	expect(allows(under("allow=a.b:443"), flow("192.0.2.2", 17, 443), sets)).toBe(true);
	expect(allows(under("allow=a.b:443/tcp"), flow("192.0.2.2", 17, 443), sets)).toBe(false);
	expect(allows(under("allow=a.b:443"), flow("192.0.2.3", 6, 443), sets)).toBe(false);
	expect(allows(under("allow=a.b:443"), flow("192.0.2.1", 6, 80), sets)).toBe(false);
	expect(allows(under("allow=10.0.0.0/8"), flow("10.1.1.1", 6, 80), sets)).toBe(true);
	expect(allows(under("allow=10.0.0.0/8"), flow("10.1.1.1", 17, 53), sets)).toBe(false);
	expect(allows(under("allow=10.0.0.0/8:53"), flow("10.1.1.1", 17, 53), sets)).toBe(true);
	expect(allows(under("allow=10.0.0.0/8/icmp"), flow("10.1.1.1", 1, 0), sets)).toBe(true);
	expect(allows(under("allow=10.0.0.0/8/icmp"), flow("10.1.1.1", 6, 80), sets)).toBe(false);
	expect(allows(under("deny"), flow("10.1.1.1", 6, 80), sets)).toBe(false);
});

test("every policy must allow it", () => {
	expect(allows(under("allow=10.0.0.0/8", "allow=10.1.0.0/16"), flow("10.1.1.1", 6, 80), sets)).toBe(true);
	expect(allows(under("allow=10.0.0.0/8", "allow=10.1.0.0/16"), flow("10.2.1.1", 6, 80), sets)).toBe(false);
});
