import { expect, test } from "bun:test";
import { createLogger } from "../../../lib/index.ts";
import type { Connection } from "../../session/index.ts";
import type { VmFacts } from "../probe.ts";
import { createPool } from "./pool.ts";
import type { Spare } from "./spare.ts";

const mebibyte = 2 ** 20;
const facts = {} as VmFacts;
const size = (mib: number) => ({ memoryBytes: mib * mebibyte, cpus: 1 });

/** A pool whose spares are nothing but their size; `lose` ends one as QEMU's death would. */
function poolOf(options: { perSize: number; maxMib?: number; hasTemplate?: boolean; fails?: boolean }) {
	const ended: string[] = [];
	const lost = new Map<string, () => void>();
	let made = 0;
	const pool = createPool({
		perSize: options.perSize,
		maxBytes: (options.maxMib ?? 4096) * mebibyte,
		quietMs: 1,
		log: createLogger("error"),
		templates: async () => undefined,
		clear: async () => undefined,
		find: () => (options.hasTemplate === false ? undefined : { key: "", folder: "", state: Buffer.alloc(0) }),
		async make(order): Promise<Spare> {
			made++;
			if (options.fails === true) throw new Error("no such luck");
			const id = `spare-${made}`;
			const closed = Promise.withResolvers<void>();
			lost.set(id, closed.resolve);
			return {
				...{ id, pid: 0, runDir: "", uid: 1, group: "", tapFds: [], size: order.size },
				connection: { closed: closed.promise } as Connection,
				end: async () => void ended.push(id),
			};
		},
	});
	const sizes = () => pool.state().spares.map((spare) => spare.size.memoryBytes / mebibyte);
	return { pool, sizes, ended, lose: (id: string) => lost.get(id)!(), made: () => made };
}

test("a size that was used is kept ready, and what is claimed is replaced", async () => {
	const { pool, sizes } = poolOf({ perSize: 2 });
	expect(pool.claim(size(128))).toBeUndefined();
	pool.prepare(size(128), facts);
	await pool.settle();
	expect(sizes()).toEqual([128, 128]);
	expect(pool.claim(size(256))).toBeUndefined();
	expect(pool.claim(size(128))?.id).toBe("spare-1");
	pool.prepare(size(128), facts);
	await pool.settle();
	expect(sizes()).toEqual([128, 128]);
});

test("only the two sizes used last are kept, the others end", async () => {
	const { pool, sizes, ended } = poolOf({ perSize: 1 });
	for (const mib of [128, 256, 512]) {
		pool.prepare(size(mib), facts);
		await pool.settle();
	}
	expect(sizes()).toEqual([256, 512]);
	expect(ended).toEqual(["spare-1"]);
});

test("all together stay below the bound, the size used last first", async () => {
	const { pool, sizes } = poolOf({ perSize: 4, maxMib: 1100 });
	pool.prepare(size(512), facts);
	await pool.settle();
	pool.prepare(size(128), facts);
	await pool.settle();
	expect(sizes()).toEqual([512, 512]);
});

test("without a pool, a template or luck there is nothing, and it is not tried for ever", async () => {
	const none = poolOf({ perSize: 0 });
	const early = poolOf({ perSize: 1, hasTemplate: false });
	const unlucky = poolOf({ perSize: 1, fails: true });
	for (const { pool } of [none, early, unlucky]) {
		pool.prepare(size(128), facts);
		await pool.settle();
		pool.prepare(size(128), facts);
		await pool.settle();
		expect(pool.claim(size(128))).toBeUndefined();
	}
	expect([none.made(), early.made(), unlucky.made()]).toEqual([0, 0, 3]);
});

test("one that dies is not there to be claimed; closing ends the rest", async () => {
	const { pool, sizes, ended, lose } = poolOf({ perSize: 2 });
	pool.prepare(size(128), facts);
	await pool.settle();
	lose("spare-1");
	await Promise.resolve();
	expect(sizes()).toEqual([128]);
	expect(pool.claim(size(128))?.id).toBe("spare-2");
	pool.prepare(size(128), facts);
	await pool.settle();
	await pool.close();
	expect(sizes()).toEqual([]);
	expect(ended).toEqual(["spare-1", "spare-3", "spare-4"]);
	pool.prepare(size(128), facts);
	await pool.settle();
	expect(sizes()).toEqual([]);
});
