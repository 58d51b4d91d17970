import { describe, expect, test } from "bun:test";
import { eventually } from "../../support/eventually.ts";
import { runInside } from "../networks/machine.ts";
import { makePlace } from "./sandboxes.ts";

async function twoContainers() {
	const place = await makePlace([{ id: "front", internal: true }]);
	place.join("front", "web", { ipv4Address: "10.1.0.2" });
	place.join("front", "me", { ipv4Address: "10.1.0.3" });
	return { place, me: await place.sandbox("me") };
}

describe("the name server", () => {
	test("is started for the first container, and gone when told", async () => {
		const { place, me } = await twoContainers();
		expect(place.processes().length).toBe(2);
		expect(await me.client.addresses("web")).toEqual(["10.1.0.2"]);
		await place.names.stop();
		await eventually(() => expect(place.processes()).toEqual([]));
		await place[Symbol.asyncDispose]();
	});

	test("has no privileges where it reads what others send", async () => {
		const { place } = await twoContainers();
		const status = await Promise.all(place.processes().map((pid) => Bun.file(`/proc/${pid}/status`).text()));
		const weak = status.filter((text) => /^CapEff:\t0{16}$/m.test(text));
		expect(weak.length).toBe(1);
		expect(weak[0]).toMatch(/^NoNewPrivs:\t1$/m);
		expect(weak[0]).toMatch(/^CapPrm:\t0{16}$/m);
		expect(weak[0]).not.toMatch(/^Uid:\t0/m);
		await place[Symbol.asyncDispose]();
	});

	test("serves on without the daemon, and is taken up by the next one", async () => {
		const { place, me } = await twoContainers();
		const before = place.processes();
		place.names.close();
		expect(await me.client.addresses("web")).toEqual(["10.1.0.2"]);
		const next = place.otherDaemon();
		await next.restore();
		expect(await me.client.addresses("web")).toEqual(["10.1.0.2"]);
		await next.serve({ containerId: "me", servers: [] }, me.fd);
		expect(await me.client.addresses("web")).toEqual(["10.1.0.2"]);
		expect(place.processes()).toEqual(before);
		await next.stop();
		await eventually(() => expect(place.processes()).toEqual([]));
		await place[Symbol.asyncDispose]();
	});

	test("forgets what ended while no daemon was there", async () => {
		const { place, me } = await twoContainers();
		place.names.close();
		const next = place.otherDaemon();
		for (const container of ["web", "me"]) place.leave({ id: `front/${container}` } as never);
		await next.restore();
		await eventually(async () =>
			expect((await me.client.ask({ name: "web", waitMs: 300 })).silent).toBe(true),
		);
		await next.stop();
		await place[Symbol.asyncDispose]();
	}, 60_000);

	test("ends by itself with the last container when no daemon is there", async () => {
		const { place } = await twoContainers();
		place.names.forget("me");
		expect(place.processes().length).toBe(2);
		place.names.close();
		await eventually(() => expect(place.processes()).toEqual([]));
		await place[Symbol.asyncDispose]();
	});

	test("is started again when it is killed, with all containers", async () => {
		const { place, me } = await twoContainers();
		place.join("front", "other", { ipv4Address: "10.1.0.4" });
		const other = await place.sandbox("other");
		for (let i = 0; i < 2; i++) {
			// Either half takes the other along.
			const [victim] = i === 0 ? place.processes() : place.processes().reverse();
			process.kill(victim!, "SIGKILL");
			await eventually(async () => {
				expect(place.processes()).not.toContain(victim);
				expect(await me.client.addresses("other", { waitMs: 300 })).toEqual(["10.1.0.4"]);
				expect(await other.client.addresses("web", { waitMs: 300 })).toEqual(["10.1.0.2"]);
			});
			expect(place.processes().length).toBe(2);
		}
		await place[Symbol.asyncDispose]();
	}, 60_000);

	test("answers again inside of a sandbox whose rules were flushed, when served anew", async () => {
		const { place, me } = await twoContainers();
		await runInside(me.fd, ["nft", "flush", "ruleset"]);
		place.names.forget("me");
		await place.names.serve({ containerId: "me", servers: [] }, me.fd);
		expect(await me.client.addresses("web")).toEqual(["10.1.0.2"]);
		await place[Symbol.asyncDispose]();
	});

	test("a program that is missing is named", async () => {
		const place = await makePlace();
		expect(place.missing().serve({ containerId: "me", servers: [] })).rejects.toThrow(
			/hull-names, which is missing/,
		);
		await place[Symbol.asyncDispose]();
	});
});
