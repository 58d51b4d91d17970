import { expect, test } from "bun:test";
import { parseIpv4, parseIpv4Subnet } from "../ipam/ipv4.ts";
import { applyRuleset } from "./apply.ts";
import { forwardDrops } from "./foreign-drops.ts";
import { emptyRuleset, ruleset } from "./ruleset.ts";

const bridge = {
	linkName: "hull-test",
	mtu: 1500,
	subnet: parseIpv4Subnet("172.17.0.0/16")!,
	gateway: parseIpv4("172.17.0.1")!,
};

test("the rules replace the table, hide the bridge from outside and give the host's address to what leaves", () => {
	const text = ruleset("hull_x", "hull, data root /x", [bridge]);
	expect(text.split("\n").slice(0, 2)).toEqual(["table inet hull_x", "delete table inet hull_x"]);
	expect(text).toContain(
		'iifname != "hull-test" oifname "hull-test" ct state != { established, related } drop\n',
	);
	expect(text).toContain('ip saddr 172.17.0.0/16 oifname != "hull-test" masquerade\n');
});

test("a data root cannot write rules", () => {
	const text = ruleset("hull_x", '/x"\n}; flush ruleset\\', []);
	expect(text).toContain('comment "/x??}; flush ruleset?"\n');
});

test("nft's refusal is told", async () => {
	await expect(applyRuleset("nonsense")).rejects.toThrow("nft refused the firewall rules:");
});

test("removing a table that is not there is no error", async () => {
	await applyRuleset(emptyRuleset("hull_never_made"));
});

test("chains that drop forwarded packets by default are found in nft's answer", () => {
	const chain = (table: string, hook: string, policy: string, family = "ip") => ({
		chain: { family, table, name: "FORWARD", handle: 1, type: "filter", hook, prio: 0, policy },
	});
	const answer = JSON.stringify({
		nftables: [
			{ metainfo: { version: "1.0.6" } },
			chain("filter", "forward", "drop"),
			chain("filter", "input", "drop"),
			chain("hull", "forward", "accept", "inet"),
			chain("six", "forward", "drop", "ip6"),
			{ chain: { family: "ip", table: "nat", name: "DOCKER", handle: 1 } },
		],
	});
	expect(forwardDrops(answer)).toEqual(["ip filter FORWARD"]);
	expect(forwardDrops("{}")).toEqual([]);
});
