import { expect, test } from "bun:test";
import type { NetworkRecord } from "../contract.ts";
import { bridgeSettings } from "../drivers/bridge/settings.ts";
import { applyRuleset } from "./apply.ts";
import { forwardDrops } from "./foreign-drops.ts";
import { emptyRuleset, ruleset } from "./ruleset.ts";

const bridge = (name: string, more: Partial<NetworkRecord> = {}) =>
	bridgeSettings({
		id: "a".repeat(64),
		name,
		driver: "bridge",
		createdAt: "2026-01-01T00:00:00Z",
		state: "ready",
		internal: false,
		attachable: false,
		enableIpv4: true,
		enableIpv6: false,
		labels: {},
		ipamOptions: {},
		subnets: [{ subnet: "172.17.0.0/16", gateway: "172.17.0.1" }],
		...more,
		options: { "com.docker.network.bridge.name": name, ...more.options },
	});
const rules = (...bridges: ReturnType<typeof bridge>[]) =>
	ruleset({ tableName: "hull_x", comment: "hull, data root /x", bridges });

test("the rules replace the table, hide the bridge from outside and give the host's address to what leaves", () => {
	const text = rules(bridge("hull-test"));
	expect(text.split("\n").slice(0, 2)).toEqual(["table inet hull_x", "delete table inet hull_x"]);
	expect(text).toContain('iifname . oifname { "hull-test" . "hull-test" } accept\n');
	expect(text).toContain('oifname { "hull-test" } ct status dnat accept\n\t\toifname { "hull-test" } drop\n');
	expect(text).toContain('ip saddr 172.17.0.0/16 oifname != "hull-test" masquerade\n');
});

test("each network has what its options say", () => {
	const text = rules(
		bridge("one", { options: { "com.docker.network.bridge.enable_icc": "false" } }),
		bridge("two", { internal: true }),
		bridge("three", { subnets: [{ subnet: "fd00::/64", gateway: "fd00::1" }] }),
		bridge("four", { options: { "com.docker.network.bridge.enable_ip_masquerade": "false" } }),
		bridge("five", { options: { "com.docker.network.host_ipv4": "192.0.2.7" } }),
		bridge("six", { options: { "com.docker.network.bridge.gateway_mode_ipv4": "nat-unprotected" } }),
	);
	const rule = (start: string) => text.split("\n").filter((line) => line.startsWith(`\t\t${start}`));
	expect(rule("iifname .").join()).not.toContain('"one"');
	expect(rule("iifname {")).toEqual(['\t\tiifname { "two" } drop']);
	expect(rule("iifname !=")).toEqual([
		'\t\tiifname != { "two" } oifname { "one", "three", "four", "five", "six" } ct status dnat accept',
	]);
	expect(rule("meta")).toEqual([
		'\t\tmeta nfproto ipv4 iifname != { "one", "two", "three", "four", "five", "six" } oifname { "six" } accept',
	]);
	expect(rule("ip")).toEqual([
		'\t\tip saddr 172.17.0.0/16 oifname != "one" masquerade',
		'\t\tip6 saddr fd00::/64 oifname != "three" masquerade',
		'\t\tip saddr 172.17.0.0/16 oifname != "five" snat ip to 192.0.2.7',
		'\t\tip saddr 172.17.0.0/16 oifname != "six" masquerade',
	]);
});

test("nft takes the rules of every kind of network", async () => {
	const text = ruleset({
		tableName: `hull_test${process.pid}`,
		comment: "a test",
		bridges: [
			bridge("one", { options: { "com.docker.network.bridge.enable_icc": "false" } }),
			bridge("two", { internal: true }),
			bridge("three", {
				subnets: [{ subnet: "fd00::/64", gateway: "fd00::1" }],
				options: { "com.docker.network.bridge.gateway_mode_ipv6": "nat-unprotected" },
			}),
			bridge("five", { options: { "com.docker.network.host_ipv4": "192.0.2.7" } }),
		],
	});
	await applyRuleset(text + emptyRuleset(`hull_test${process.pid}`));
});

test("a data root cannot write rules", () => {
	const text = ruleset({ tableName: "hull_x", comment: '/x"\n}; flush ruleset\\', bridges: [] });
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
