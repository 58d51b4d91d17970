import { describe, expect, test } from "bun:test";
import { encode } from "dns-packet";
import { makePlace, type Place } from "./sandboxes.ts";
import { soa, startUpstream, zone } from "./upstream.ts";

async function asker(place: Place, servers: readonly string[], id = "me") {
	place.join("front", id, { ipv4Address: "10.1.0.3" });
	return (await place.sandbox(id, { servers })).client;
}

describe("names of others", () => {
	test("are asked of the container's own servers, and remembered as long as they say", async () => {
		await using upstream = await startUpstream({ answer: zone({ "a.example": "192.0.2.1" }) });
		await using place = await makePlace();
		const client = await asker(place, [upstream.address]);
		expect(await client.addresses("a.example")).toEqual(["192.0.2.1"]);
		expect(await client.ask({ name: "A.Example", id: 77 })).toMatchObject({
			...{ id: 77, question: "A.Example", rcode: "NOERROR" },
		});
		expect(await client.addresses("nowhere.example")).toBe("NXDOMAIN");
		expect(await client.addresses("nowhere.example")).toBe("NXDOMAIN");
		expect(await client.addresses("a.example", { type: "AAAA" })).toEqual([]);
		expect(upstream.asked).toEqual(["a.example A udp", "nowhere.example A udp", "a.example AAAA udp"]);
	});

	test("a name of the networks is never told to others", async () => {
		await using upstream = await startUpstream({ answer: zone({ web: "192.0.2.66" }) });
		await using place = await makePlace();
		place.join("front", "web", { ipv4Address: "10.1.0.2" });
		const client = await asker(place, [upstream.address]);
		expect(await client.addresses("web")).toEqual(["10.1.0.2"]);
		expect(await client.addresses("web", { type: "TXT" })).toEqual([]);
		expect(upstream.asked).toEqual([]);
	});

	test("nobody is asked from networks without a way out", async () => {
		await using upstream = await startUpstream({ answer: zone({ "a.example": "192.0.2.1" }) });
		await using place = await makePlace([{ id: "front", internal: true }]);
		const client = await asker(place, [upstream.address]);
		expect(await client.addresses("a.example")).toBe("SERVFAIL");
		expect(upstream.asked).toEqual([]);
	});

	test("what one container's servers say is not another's", async () => {
		await using one = await startUpstream({ answer: zone({ "a.example": "192.0.2.1" }) });
		await using two = await startUpstream({ answer: zone({ "a.example": "192.0.2.2" }) });
		await using place = await makePlace();
		const first = await asker(place, [one.address], "first");
		const second = await asker(place, [two.address], "second");
		expect(await first.addresses("a.example")).toEqual(["192.0.2.1"]);
		expect(await second.addresses("a.example")).toEqual(["192.0.2.2"]);
	});

	test("a long answer comes cut by UDP and whole by TCP; room that EDNS gives is used", async () => {
		const addresses = Array.from({ length: 60 }, (_, i) => `192.0.2.${i}`);
		await using upstream = await startUpstream({
			answer: ({ questions }) => ({
				answers: addresses.map((data) => ({ type: "A" as const, name: questions![0]!.name, ttl: 60, data })),
			}),
		});
		await using place = await makePlace();
		const client = await asker(place, [upstream.address]);
		expect(await client.ask({ name: "long.example" })).toMatchObject({ cut: true, answers: [] });
		expect((await client.ask({ name: "long.example", tcp: true })).answers.length).toBe(60);
		expect((await client.ask({ name: "long.example", udpSize: 4096 })).answers.length).toBe(60);
	});

	test("a server that refuses is passed over, and one that is not there", async () => {
		await using refusing = await startUpstream({ answer: () => ({ flags: 384 | 5 }) });
		await using good = await startUpstream({ answer: zone({ "a.example": "192.0.2.1" }) });
		await using place = await makePlace();
		const client = await asker(place, [refusing.address, good.address]);
		expect(await client.addresses("a.example")).toEqual(["192.0.2.1"]);
		const other = await asker(place, ["127.9.9.8", good.address], "other");
		expect(await other.addresses("b.example")).toBe("NXDOMAIN");
		const alone = await asker(place, [refusing.address], "alone");
		expect(await alone.addresses("a.example")).toBe("REFUSED");
	});

	test("dead servers are a failure within four seconds, sooner when known, and hold up nobody else", async () => {
		await using dead = await startUpstream({ answer: () => undefined });
		await using good = await startUpstream({ answer: zone({ "a.example": "192.0.2.1" }) });
		await using place = await makePlace();
		const client = await asker(place, [dead.address]);
		const other = await asker(place, [good.address], "other");
		const asked = client.ask({ name: "a.example" });
		expect(await other.addresses("a.example")).toEqual(["192.0.2.1"]);
		const reply = await asked;
		expect(reply.rcode).toBe("SERVFAIL");
		expect(reply.ms).toBeLessThan(4500);
		const again = await client.ask({ name: "b.example" });
		expect(again.rcode).toBe("SERVFAIL");
		expect(again.ms).toBeLessThan(reply.ms);
		// With one that answers beside it, it is asked first from now on.
		const both = await asker(place, [dead.address, good.address], "both");
		expect(await both.addresses("a.example")).toEqual(["192.0.2.1"]);
		expect(dead.asked.filter((asked) => asked.startsWith("a.example")).length).toBe(3);
	}, 20_000);

	test("by TCP a server that is silent is given up as well", async () => {
		await using dead = await startUpstream({ answer: () => undefined });
		await using good = await startUpstream({ answer: zone({ "a.example": "192.0.2.1" }) });
		await using place = await makePlace();
		const client = await asker(place, [dead.address, good.address]);
		expect((await client.ask({ name: "a.example", tcp: true })).answers[0]?.data).toBe("192.0.2.1");
	}, 20_000);

	test("an answer to another question, another id or garbage is no answer", async () => {
		await using liar = await startUpstream({
			answer({ id, questions }) {
				const [question] = questions!;
				const lie = (name: string, how: object) =>
					encode({
						...{ type: "response", id: id!, flags: 384, questions: [{ ...question!, name }] },
						answers: [{ type: "A", name, ttl: 60, data: "192.0.2.66" }],
						...how,
					});
				const truth = encode({
					...{ type: "response", id: id!, flags: 384, questions: questions! },
					answers: [{ type: "A", name: question!.name, ttl: 60, data: "192.0.2.1" }],
				});
				return [
					lie("other.example", {}),
					lie(question!.name, { id: (id! + 1) & 0xffff }),
					lie(question!.name, { type: "query" }),
					Buffer.from("nonsense"),
					Buffer.alloc(0),
					truth,
				];
			},
		});
		await using place = await makePlace();
		const client = await asker(place, [liar.address]);
		expect(await client.addresses("a.example")).toEqual(["192.0.2.1"]);
	});

	test("answers whose records do not parse are passed on but not kept", async () => {
		await using upstream = await startUpstream({
			answer({ id, questions }) {
				const whole = encode({
					...{ type: "response", id: id!, flags: 384, questions: questions! },
					answers: [{ type: "A", name: questions![0]!.name, ttl: 60, data: "192.0.2.1" }],
				});
				whole.writeUInt16BE(9, 6);
				return [whole];
			},
		});
		await using place = await makePlace();
		const client = await asker(place, [upstream.address]);
		const raw = encode({ type: "query", id: 5, flags: 256, questions: [{ type: "A", name: "odd.example" }] });
		for (let i = 0; i < 2; i++)
			expect(await client.ask({ raw: raw.toString("hex") })).toMatchObject({ unreadable: true });
		expect(upstream.asked.length).toBe(2);
	});

	test("answers without a lifetime are asked for again", async () => {
		await using upstream = await startUpstream({
			answer: ({ questions }) =>
				questions![0]!.name === "failing.example"
					? { flags: 384 | 2, authorities: [soa()] }
					: { answers: [{ type: "A", name: questions![0]!.name, ttl: 0, data: "192.0.2.1" }] },
		});
		await using place = await makePlace();
		const client = await asker(place, [upstream.address]);
		for (let i = 0; i < 2; i++) {
			expect(await client.addresses("fresh.example")).toEqual(["192.0.2.1"]);
			expect(await client.addresses("failing.example")).toBe("SERVFAIL");
		}
		expect(upstream.asked.length).toBe(4);
	});

	test("a flood of questions that nobody answers leaves the others their name server", async () => {
		await using dead = await startUpstream({ answer: () => undefined });
		await using place = await makePlace();
		const flooding = await asker(place, [dead.address], "flooding");
		const calm = await asker(place, ["127.9.9.9"], "calm");
		const floods = Array.from({ length: 400 }, (_, i) => flooding.ask({ name: `x${i}.example` }));
		const reply = await calm.ask({ name: "calm" });
		expect(reply).toMatchObject({ rcode: "NOERROR" });
		expect(reply.ms).toBeLessThan(1000);
		// Some may be lost in the socket, as any datagram.
		const answered = (await Promise.all(floods)).filter(({ silent }) => !silent);
		expect(new Set(answered.map(({ rcode }) => rcode))).toEqual(new Set(["SERVFAIL"]));
	}, 30_000);
});
