import { delay, isEngineError, type Logger } from "../../../lib/index.ts";
import type { MachineSize } from "../machine-size.ts";
import type { VmFacts } from "../probe.ts";
import type { Template } from "../template/templates.ts";
import type { Spare, SpareOrder } from "./spare.ts";
import { spareMemory } from "./spare-memory.ts";

/** What waits in the pool. */
export interface PoolState {
	/** Spares wanted of each size. */
	readonly perSize: number;
	/** What each takes on the host, in bytes (PSS). */
	readonly spares: readonly { readonly size: MachineSize; readonly pssBytes: number }[];
}

/**
 * Machines that are ready to become a container's, of the sizes that were used last.
 *
 * Nothing of it is on disk: a spare ends with the daemon that made it, and what a killed daemon leaves (folders,
 * control groups) is removed before the first is made.
 */
export interface Pool {
	/** A spare of this size, which is the caller's from now on; `undefined` when none waits. */
	claim(size: MachineSize): Spare | undefined;
	/** This size was used: the pool is filled up with it, in the background, once no machine is being started. */
	prepare(size: MachineSize, facts: VmFacts): void;
	/** Work in the background waits for this long after the last of these calls. */
	busy(): void;
	state(): PoolState;
	/** Waits until nothing more is to be made. */
	settle(): Promise<void>;
	/** Ends all spares. */
	close(): Promise<void>;
}

export interface PoolOptions {
	/** Spares of each size; 0 is no pool. */
	readonly perSize: number;
	/** All spares together have at most so much memory, by their sizes. */
	readonly maxBytes: number;
	readonly log: Logger;
	readonly find: (size: MachineSize, facts: VmFacts) => Template | undefined;
	readonly make: (order: SpareOrder, signal: AbortSignal) => Promise<Spare>;
	/** Waits for templates that are being made. */
	readonly templates: () => Promise<void>;
	/** Removes what a killed daemon left. */
	readonly clear: () => Promise<void>;
	readonly quietMs?: number;
}

/** The sizes used last that the pool is filled with. */
const sizesKept = 2;
/** Making one takes a CPU for a second: not while containers are being started one after the other. */
const defaultQuietMs = 1_000;
const maxFailures = 3;

export function createPool(options: PoolOptions): Pool {
	const { perSize, maxBytes, log, quietMs = defaultQuietMs } = options;
	const closing = new AbortController();
	/** The newest last. */
	const wanted = new Map<string, { readonly size: MachineSize; readonly facts: VmFacts }>();
	const spares = new Set<Spare>();
	const ending = new Set<Promise<void>>();
	let filling: Promise<void> | undefined;
	let cleared: Promise<void> | undefined;
	let lastBusyMs = 0;
	let failures = 0;

	const sparesOf = (size: MachineSize) => [...spares].filter((spare) => keyOf(spare.size) === keyOf(size));
	const end = (spare: Spare) => {
		if (!spares.delete(spare)) return;
		const ended = spare
			.end()
			.catch((error: unknown) => log.warn("a spare machine is not ended cleanly", { spare: spare.id, error }))
			.finally(() => ending.delete(ended));
		ending.add(ended);
	};
	const next = (): SpareOrder | undefined => {
		if (failures >= maxFailures) return undefined;
		const bytes = [...spares].reduce((sum, { size }) => sum + size.memoryBytes, 0);
		for (const { size, facts } of [...wanted.values()].reverse()) {
			if (sparesOf(size).length >= perSize || bytes + size.memoryBytes > maxBytes) continue;
			const template = options.find(size, facts);
			if (template !== undefined) return { size, facts, template };
		}
		return undefined;
	};
	const fill = async () => {
		cleared ??= options
			.clear()
			.catch((error: unknown) => log.warn("what is left of spare machines is not removed", { error }));
		await cleared;
		await options.templates();
		for (let order = next(); order !== undefined; order = next()) {
			for (let wait = quietMs; wait > 0; wait = lastBusyMs + quietMs - Date.now())
				await delay(wait, closing.signal);
			// Its size may have fallen out of use meanwhile.
			order = next();
			if (order === undefined) return;
			try {
				const spare = await options.make(order, closing.signal);
				spares.add(spare);
				failures = 0;
				// Killed, or out of memory: it is not there to be claimed.
				void spare.connection.closed.then(() => end(spare));
				if (!wanted.has(keyOf(spare.size))) end(spare);
			} catch (error) {
				if (closing.signal.aborted) return;
				failures++;
				log.warn("a spare machine could not be made", { failures, error });
			}
		}
	};
	return {
		claim(size) {
			const spare = sparesOf(size)[0];
			if (spare !== undefined) spares.delete(spare);
			return spare;
		},
		prepare(size, facts) {
			if (perSize === 0 || closing.signal.aborted) return;
			wanted.delete(keyOf(size));
			wanted.set(keyOf(size), { size, facts });
			for (const key of [...wanted.keys()].slice(0, -sizesKept)) {
				wanted.delete(key);
				for (const spare of spares) if (keyOf(spare.size) === key) end(spare);
			}
			filling ??= fill()
				.catch((error: unknown) => {
					if (!isEngineError(error, "cancelled")) log.warn("the pool is not filled", { error });
				})
				.finally(() => {
					filling = undefined;
				});
		},
		busy() {
			lastBusyMs = Date.now();
		},
		state: () => ({
			perSize,
			spares: [...spares].map(({ size, pid }) => ({ size, pssBytes: spareMemory(pid) })),
		}),
		async settle() {
			await filling;
			await Promise.all(ending);
		},
		async close() {
			closing.abort();
			await filling;
			for (const spare of [...spares]) end(spare);
			await Promise.all(ending);
		},
	};
}

function keyOf({ memoryBytes, cpus }: MachineSize): string {
	return `${memoryBytes}/${cpus}`;
}
