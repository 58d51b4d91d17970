import { describe, expect, test } from "bun:test";
import { eventually } from "../../support/eventually.ts";
import { runInside } from "../networks/machine.ts";
import { makePlace } from "./sandboxes.ts";

describe("names of neighbours", () => {
	test("by name, short id and alias, with the network's name behind it, in any letters", async () => {
		await using place = await makePlace();
		place.join("front", "web", { ipv4Address: "10.1.0.2", names: ["web", "0123456789ab", "www.shop"] });
		place.join("front", "me", { ipv4Address: "10.1.0.3" });
		const { client } = await place.sandbox("me");
		for (const name of ["web", "WeB", "0123456789ab", "www.shop", "web.front", "Web.Front", "www.shop.front"])
			expect({ name, found: await client.addresses(name) }).toEqual({ name, found: ["10.1.0.2"] });
		expect(await client.addresses("me")).toEqual(["10.1.0.3"]);
		const reply = await client.ask({ name: "WeB", id: 99 });
		expect(reply).toMatchObject({ id: 99, question: "WeB", cut: false, hasOpt: false });
		expect(reply.answers[0]!.ttl).toBeLessThanOrEqual(5);
	});

	test("only on networks that the asker is on", async () => {
		await using place = await makePlace([{ id: "back", internal: true }]);
		place.join("front", "web", { ipv4Address: "10.1.0.2" });
		place.join("back", "db", { ipv4Address: "10.2.0.2" });
		place.join("back", "me", { ipv4Address: "10.2.0.3" });
		const { client } = await place.sandbox("me");
		expect(await client.addresses("db")).toEqual(["10.2.0.2"]);
		for (const name of ["web", "web.front", "db.front"])
			expect(await client.addresses(name)).toBe("SERVFAIL");
		const joined = place.join("front", "me", { ipv4Address: "10.1.0.9" });
		await eventually(async () => expect(await client.addresses("web")).toEqual(["10.1.0.2"]));
		place.leave(joined);
		await eventually(async () => expect(await client.addresses("web")).toBe("SERVFAIL"));
	});

	test("the network of the highest priority answers first", async () => {
		await using place = await makePlace();
		for (const [network, priority] of [
			["alpha", 0],
			["beta", 5],
		] as const) {
			place.join(network, "web", { ipv4Address: network === "alpha" ? "10.1.0.2" : "10.2.0.2" });
			place.join(network, "me", { gatewayPriority: priority });
		}
		const { client } = await place.sandbox("me");
		expect(await client.addresses("web")).toEqual(["10.2.0.2"]);
		expect(await client.addresses("web.alpha")).toEqual(["10.1.0.2"]);
	});

	test("both families; what there is not is an answer with nothing in it", async () => {
		await using place = await makePlace();
		place.join("front", "me", { ipv4Address: "10.1.0.3" });
		place.join("front", "six", { ipv4Address: "10.1.0.6", ipv6Address: "fd00::6" });
		const { client } = await place.sandbox("me");
		expect(await client.addresses("six")).toEqual(["10.1.0.6"]);
		expect(await client.addresses("six", { type: "AAAA" })).toEqual(["fd00::6"]);
		expect(await client.addresses("me", { type: "AAAA" })).toEqual([]);
		expect(await client.addresses("me", { type: "MX" })).toEqual([]);
		expect(await client.addresses("six", { type: "ANY" })).toEqual(["10.1.0.6", "fd00::6"]);
	});

	test("a name of several has all addresses, each first in its turn", async () => {
		await using place = await makePlace();
		for (let i = 2; i < 5; i++)
			place.join("front", `c${i}`, { ipv4Address: `10.1.0.${i}`, names: [`c${i}`, "app"] });
		place.join("front", "me");
		const { client } = await place.sandbox("me");
		const firsts = new Set<string>();
		for (let i = 0; i < 3; i++) {
			const { answers } = await client.ask({ name: "app" });
			expect(answers.length).toBe(3);
			firsts.add(answers[0]!.data);
		}
		expect(firsts.size).toBe(3);
	});

	test("more than fits into a datagram is whole by TCP, and by UDP with room", async () => {
		await using place = await makePlace();
		for (let i = 1; i <= 100; i++)
			place.join("front", `c${i}`, { ipv4Address: `10.1.0.${i}`, names: [`c${i}`, "app"] });
		place.join("front", "me");
		const { client } = await place.sandbox("me");
		const plain = await client.ask({ name: "app" });
		expect(plain.cut).toBe(true);
		expect(plain.length).toBeLessThanOrEqual(512);
		expect(plain.answers.length).toBeGreaterThan(20);
		expect(await client.ask({ name: "app", udpSize: 4096 })).toMatchObject({ cut: false, hasOpt: true });
		const stream = await client.ask({ name: "app", tcp: true });
		expect(stream.cut).toBe(false);
		expect(stream.answers.length).toBe(100);
	});

	test("addresses have the names of who is there", async () => {
		await using place = await makePlace();
		place.join("front", "web", { ipv4Address: "10.1.0.2", ipv6Address: "fd00::2" });
		place.join("back", "db", { ipv4Address: "10.2.0.2" });
		place.join("front", "me");
		const { client } = await place.sandbox("me", { servers: ["127.0.0.99"] });
		expect(await client.addresses("2.0.1.10.in-addr.arpa", { type: "PTR" })).toEqual(["web.front"]);
		const six = `2.${"0.".repeat(27)}0.0.d.f.ip6.arpa`;
		expect(await client.addresses(six, { type: "PTR" })).toEqual(["web.front"]);
		expect(await client.addresses("2.0.2.10.in-addr.arpa", { type: "PTR" })).toBe("SERVFAIL");
		expect(await client.addresses("1.2.0.2.10.in-addr.arpa", { type: "PTR" })).toBe("SERVFAIL");
	});

	test("a link is a name for its own container only", async () => {
		await using place = await makePlace([{ id: "front", internal: true }]);
		for (const [id, address] of [
			["db", "10.1.0.2"],
			["me", "10.1.0.3"],
			["other", "10.1.0.4"],
		] as const)
			place.join("front", id, { ipv4Address: address });
		const me = await place.sandbox("me", { links: [{ name: "store", containerId: "db" }] });
		const other = await place.sandbox("other");
		expect(await me.client.addresses("store")).toEqual(["10.1.0.2"]);
		expect(await me.client.addresses("store.front")).toEqual(["10.1.0.2"]);
		expect(await other.client.addresses("store")).toBe("SERVFAIL");
	});

	test("a new name counts, and the old one no more", async () => {
		await using place = await makePlace([{ id: "front", internal: true }]);
		place.join("front", "me");
		place.join("front", "web", { ipv4Address: "10.1.0.2" });
		const { client } = await place.sandbox("me");
		expect(await client.addresses("web")).toEqual(["10.1.0.2"]);
		place.join("front", "web", { ipv4Address: "10.1.0.2", names: ["shop"] });
		await eventually(async () => expect(await client.addresses("shop")).toEqual(["10.1.0.2"]));
		expect(await client.addresses("web")).toBe("SERVFAIL");
	});

	test("programs find it where they always look, and may have a server of their own on port 53", async () => {
		await using place = await makePlace();
		place.join("front", "me");
		place.join("front", "web", { ipv4Address: "10.1.0.2" });
		const { fd, client } = await place.sandbox("me");
		const looked = await runInside(fd, ["busybox", "nslookup", "-type=a", "web", "127.0.0.11"]);
		expect(looked.output).toContain("10.1.0.2");
		const program = `const s = require("node:dgram").createSocket("udp4"); s.bind(53, "0.0.0.0", () => { console.log("bound"); s.close(); })`;
		expect((await runInside(fd, [process.execPath, "-e", program])).output).toBe("bound");
		expect(await client.addresses("web")).toEqual(["10.1.0.2"]);
	});

	test("what is no query is refused, or not answered", async () => {
		await using place = await makePlace();
		place.join("front", "me");
		const { client } = await place.sandbox("me");
		const cases: [string, string][] = [
			// Two questions; a label that goes on behind the end; a pointer in the question; another operation.
			["000101000002000000000000026d650000010001026d650000010001", "FORMERR"],
			["00010100000100000000000009", "FORMERR"],
			["000101000001000000000000c00c00010001", "FORMERR"],
			["000128000001000000000000026d650000010001", "NOTIMP"],
		];
		for (const [raw, rcode] of cases)
			expect({ raw, ...(await client.ask({ raw })) }).toMatchObject({ raw, rcode, id: 1 });
		expect((await client.ask({ name: "me" })).rcode).toBe("NOERROR");
	});
});
