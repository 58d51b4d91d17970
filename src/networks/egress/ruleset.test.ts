import { expect, test } from "bun:test";
import { runCommand } from "../../sys/index.ts";
import type { Endpoint } from "../contract.ts";
import { applyRuleset } from "../firewall/apply.ts";
import { parseEgress } from "./policy.ts";
import { presentEgress } from "./present.ts";
import { egressRuleset, emptyEgressRuleset, type Guarded } from "./ruleset.ts";
import { setStem } from "./scopes.ts";

const tableName = `hull_test${process.pid}_egress`;
const guard = (id: string, policy: string, more: Partial<Endpoint> = {}): Guarded => ({
	endpoint: {
		id: id.repeat(64),
		containerId: "c".repeat(64),
		hostInterface: `veth${id}`,
		macAddress: "02:42:ac:11:00:02",
		ipv4Address: "172.17.0.2",
		ipv6Address: "fd00::2",
		...more,
	} as Endpoint,
	bridgeName: "hull-test",
	scopes: [{ id: "container", policy: parseEgress(policy)! }],
});
const script = (guarded: readonly Guarded[], present = { chains: [], sets: [] } as never) =>
	egressRuleset({ tableName, logGroup: 1025, guarded, present });

test("names lead to sets, which are the container's own", () => {
	const text = script([guard("a", "allow=a.example:443/tcp")]);
	const stem = setStem("c".repeat(64), { kind: "name", pattern: "a.example" });
	expect(text).toContain(`set ${stem}_4 {`);
	expect(text).toContain(`ip daddr @${stem}_4 meta l4proto tcp th dport { 443 } return`);
	expect(text).toContain(`ip6 daddr @${stem}_6 meta l4proto tcp th dport { 443 } return`);
	expect(setStem("d".repeat(64), { kind: "name", pattern: "a.example" })).not.toBe(stem);
});

test("the ports of name servers are closed before what has no ports", () => {
	const lines = script([guard("a", "allow=10.0.0.0/8 allow=10.0.0.1:53/udp")]).split("\n");
	const at = (part: string) => lines.findIndex((line) => line.includes(part));
	expect(at("10.0.0.1/32 meta l4proto udp")).toBeLessThan(at("th dport { 53, 853 }"));
	expect(at("th dport { 53, 853 }")).toBeLessThan(at("ip daddr 10.0.0.0/8 return"));
});

test("nft takes rules of every kind, again and again, and what a set holds stays", async () => {
	const policy =
		"allow=a.b allow=*.c:1-5,80/tcp allow=0.0.0.0/0:443 allow=[::/0]:443 allow=10.0.0.0/8/icmp allow=[fd00::/8]/icmp";
	const guarded = [guard("a", policy), guard("b", "deny", { ipv6Address: "", ipv4Address: "172.17.0.3" })];
	const stem = setStem("c".repeat(64), { kind: "name", pattern: "a.b" });
	try {
		expect(await presentEgress(tableName)).toBeUndefined();
		await applyRuleset(script(guarded));
		await applyRuleset(`add element inet ${tableName} ${stem}_4 { 192.0.2.1 timeout 1h }`);
		const present = (await presentEgress(tableName))!;
		expect(present.sets).toContain(`${stem}_4`);
		await applyRuleset(script(guarded, present as never));
		const kept = await runCommand(["nft", "list", "set", "inet", tableName, `${stem}_4`]);
		expect(kept?.stdout).toContain("192.0.2.1");
		await applyRuleset(script([guard("a", "deny")], (await presentEgress(tableName)) as never));
		expect((await presentEgress(tableName))?.sets).toEqual([]);
	} finally {
		await applyRuleset(emptyEgressRuleset(tableName));
	}
	expect(await presentEgress(tableName)).toBeUndefined();
});
