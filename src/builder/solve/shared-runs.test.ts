import { expect, test } from "bun:test";
import { EngineError } from "../../lib/index.ts";
import { SharedRuns, type StepOutput } from "./shared-runs.ts";

const never = new AbortController().signal;
const ignore = () => undefined;
const output = (text: string): StepOutput => ({ stream: "stdout", data: Buffer.from(text) });

test("one work for all who ask at once, each told all of it; another for who comes later", async () => {
	const runs = new SharedRuns<number>();
	const { promise, resolve } = Promise.withResolvers<void>();
	let started = 0;
	const told: string[] = [];
	const ask = (name: string) =>
		runs.join(
			"key",
			{ signal: never, onOutput: ({ data }) => told.push(`${name} ${data}`) },
			async (tell) => {
				started++;
				tell(output("early"));
				await promise;
				tell(output("late"));
				return started;
			},
		);
	const both = [ask("one"), ask("other")];
	resolve();
	expect(await Promise.all(both)).toEqual([1, 1]);
	expect(told.sort()).toEqual(["one early", "one late", "other early", "other late"]);
	expect(await ask("later")).toBe(2);
});

test("who waits does it anew when the first is cancelled, and fails with it otherwise", async () => {
	const runs = new SharedRuns<string>();
	const ends = Promise.withResolvers<string>();
	const first = runs.join("key", { signal: never, onOutput: ignore }, () => ends.promise);
	const second = runs.join("key", { signal: never, onOutput: ignore }, async () => "second");
	ends.reject(new EngineError("cancelled", "gone"));
	await expect(first).rejects.toMatchObject({ code: "cancelled" });
	expect(await second).toBe("second");

	const fails = Promise.withResolvers<string>();
	const one = runs.join("key", { signal: never, onOutput: ignore }, () => fails.promise);
	const other = runs.join("key", { signal: never, onOutput: ignore }, async () => "other");
	fails.reject(new EngineError("runtime_failed", "broken"));
	for (const result of await Promise.allSettled([one, other]))
		expect(result).toMatchObject({ status: "rejected", reason: { code: "runtime_failed" } });
});

test("a caller that goes away is nobody else's failure, whatever error it ends with", async () => {
	const runs = new SharedRuns<string>();
	const gone = new AbortController();
	const { promise, reject } = Promise.withResolvers<string>();
	gone.signal.addEventListener("abort", () => reject(gone.signal.reason));
	const first = runs.join("key", { signal: gone.signal, onOutput: ignore }, () => promise);
	const second = runs.join("key", { signal: never, onOutput: ignore }, async () => "second");
	gone.abort(new Error("the caller went away"));
	await expect(first).rejects.toThrow("the caller went away");
	expect(await second).toBe("second");
});

test("who gives up stops waiting alone", async () => {
	const runs = new SharedRuns<string>();
	const ends = Promise.withResolvers<string>();
	const first = runs.join("key", { signal: never, onOutput: ignore }, () => ends.promise);
	const stop = new AbortController();
	const second = runs.join("key", { signal: stop.signal, onOutput: ignore }, async () => "second");
	stop.abort();
	await expect(second).rejects.toMatchObject({ code: "cancelled" });
	ends.resolve("first");
	expect(await first).toBe("first");
});
