import { expect, test } from "bun:test";
import { KeyedLock } from "./keyed-lock.ts";

test("holders of one key run in the order of asking, other keys are not delayed", async () => {
	const locks = new KeyedLock();
	const order: string[] = [];
	const first = await locks.acquire("a");
	const second = locks.acquire("a").then((lock) => {
		order.push("second");
		lock[Symbol.dispose]();
	});
	using _other = await locks.acquire("b");
	order.push("first done");
	first[Symbol.dispose]();
	await second;
	expect(order).toEqual(["first done", "second"]);
	expect(locks.isHeld("a")).toBe(false);
});

test("one who stops waiting does not stop those behind", async () => {
	const locks = new KeyedLock();
	const first = await locks.acquire("a");
	const abort = new AbortController();
	const second = locks.acquire("a", abort.signal);
	const third = locks.acquire("a");
	abort.abort();
	await expect(second).rejects.toThrow(expect.objectContaining({ code: "cancelled" }));
	first[Symbol.dispose]();
	(await third)[Symbol.dispose]();
	expect(locks.isHeld("a")).toBe(false);
});
