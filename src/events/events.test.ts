import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "../lib/index.ts";
import type { EngineEvent } from "./contract.ts";
import { createEvents } from "./events.ts";

let folder: string;
let logged: string[];
let open: ReturnType<typeof createEvents>[];

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "hull-events-"));
	logged = [];
	open = [];
});
afterEach(() => {
	for (const events of open) events.close();
	rmSync(folder, { recursive: true });
});

function make(options: { capacity?: number; wallNano?: () => bigint } = {}) {
	const log = createLogger("info", (line) => logged.push(line));
	const events = createEvents({ path: join(folder, "events.log"), log, ...options });
	open.push(events);
	return events;
}

/** Takes events until there are as many, then leaves. */
async function take(source: AsyncIterable<EngineEvent>, count: number): Promise<string[]> {
	const ids: string[] = [];
	for await (const event of source) {
		ids.push(event.actor.id);
		if (ids.length === count) break;
	}
	return ids;
}

async function rest(source: AsyncIterable<EngineEvent>): Promise<string[]> {
	return (await Array.fromAsync(source)).map((event) => event.actor.id);
}

const publish = (events: ReturnType<typeof make>, ...ids: string[]) => {
	for (const id of ids) events.publish("container", "start", id, { name: id });
};

test("live events reach every subscriber in order, without those before", async () => {
	const events = make();
	publish(events, "before");
	const first = events.subscribe({});
	const second = events.subscribe({});
	publish(events, "a", "b");
	expect(await take(first, 2)).toEqual(["a", "b"]);
	expect(await take(second, 2)).toEqual(["a", "b"]);
});

test("history and live events join without a gap or a repeat", async () => {
	const events = make();
	publish(events, "a", "b");
	const source = events.subscribe({ sinceNano: 0n });
	publish(events, "c");
	expect(await take(source, 3)).toEqual(["a", "b", "c"]);
});

test("times strictly increase, also when the clock goes back and across a restart", async () => {
	const clock = [100n, 50n, 50n];
	const first = make({ wallNano: () => clock.shift()! });
	publish(first, "a", "b", "c");
	const second = make({ wallNano: () => 1n });
	publish(second, "d");
	const times = (await Array.fromAsync(second.subscribe({ sinceNano: 0n, untilNano: 1000n }))).map(
		(e) => e.timeNano,
	);
	expect(times).toEqual([100n, 101n, 102n, 103n]);
});

describe("until", () => {
	test("in the past ends after history", async () => {
		const events = make({ wallNano: () => 10n });
		publish(events, "a", "b", "c");
		expect(await rest(events.subscribe({ untilNano: 11n }))).toEqual(["a", "b"]);
		expect(await rest(events.subscribe({ sinceNano: 11n, untilNano: 11n }))).toEqual(["b"]);
	});
	test("in the future ends when its time has come", async () => {
		const events = make();
		const source = events.subscribe({ untilNano: BigInt(Date.now() + 30) * 1_000_000n });
		publish(events, "a");
		expect(await rest(source)).toEqual(["a"]);
	});
});

test("an abort ends the subscription, also one that came before", async () => {
	const events = make();
	const controller = new AbortController();
	const source = events.subscribe({ signal: controller.signal });
	publish(events, "a");
	queueMicrotask(() => controller.abort());
	expect(await rest(source)).toEqual(["a"]);
	expect(await rest(events.subscribe({ signal: AbortSignal.abort() }))).toEqual([]);
});

test("a reader that is too slow is ended and delays nobody", async () => {
	const events = make();
	const slow = events.subscribe({});
	for (let i = 0; i <= 10_001; i++) publish(events, String(i));
	let read = 0;
	const reading = async () => {
		for await (const _ of slow) read++;
	};
	await expect(reading()).rejects.toThrow("more than 10000 events were not read in time");
	expect(read).toBe(10_000);
});

describe("the history on disk", () => {
	test("survives the daemon", async () => {
		publish(make(), "a", "b");
		expect(await rest(make().subscribe({ untilNano: 2n ** 62n, signal: AbortSignal.timeout(20) }))).toEqual([
			"a",
			"b",
		]);
	});
	test("has events of every type", async () => {
		const types = [
			"container",
			"image",
			"network",
			"volume",
			"secret",
			"config",
			"daemon",
			"builder",
		] as const;
		const first = make();
		for (const type of types) first.publish(type, "create", type);
		expect(
			await rest(make().subscribe({ sinceNano: 0n, untilNano: 1n << 62n, signal: AbortSignal.abort() })),
		).toEqual([...types]);
		expect(logged).toEqual([]);
	});

	test("is bounded, in memory and on disk", async () => {
		const events = make({ capacity: 10 });
		for (let i = 0; i < 100; i++) publish(events, String(i));
		const lines = readFileSync(join(folder, "events.log"), "utf8").trim().split("\n");
		expect(lines.length).toBeLessThanOrEqual(20);
		expect(lines.at(-1)).toContain('"99"');
		const again = make({ capacity: 10 }).subscribe({
			sinceNano: 0n,
			untilNano: 1n << 62n,
			signal: AbortSignal.timeout(20),
		});
		const ids = await rest(again);
		expect(ids).toEqual(Array.from({ length: 10 }, (_, i) => String(90 + i)));
	});
	test("a torn line is skipped, said, and spoils no other", async () => {
		publish(make(), "a");
		appendFileSync(join(folder, "events.log"), '{"type":"conta');
		publish(make(), "b");
		expect(logged.join()).toContain("lines=1");
		expect(
			await rest(make().subscribe({ sinceNano: 0n, untilNano: 1n << 62n, signal: AbortSignal.timeout(20) })),
		).toEqual(["a", "b"]);
	});
});
