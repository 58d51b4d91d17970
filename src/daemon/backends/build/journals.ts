import type { HullBuildEvent } from "../../../api/index.ts";

/** What builds told, for those who come later. In memory: the newest builds, and of each no more than fits. */
export interface Journals {
	/** Disposing of it says that the build is over. */
	open(id: string): Journal;
	/** From the first event on; of a build that runs until it is over. Of one that is forgotten there is nothing. */
	read(id: string, signal: AbortSignal): AsyncIterable<HullBuildEvent>;
}

export interface Journal extends Disposable {
	add(event: HullBuildEvent): void;
}

const maxBuilds = 50;
const maxBytes = 1024 * 1024;

interface Entry {
	readonly events: HullBuildEvent[];
	bytes: number;
	isOver: boolean;
	/** Those who wait for more. */
	readonly waiting: Set<() => void>;
}

export function createJournals(): Journals {
	const journals = new Map<string, Entry>();
	return {
		open(id) {
			const entry: Entry = { events: [], bytes: 0, isOver: false, waiting: new Set() };
			journals.delete(id);
			journals.set(id, entry);
			for (const [old, { isOver }] of journals) if (journals.size > maxBuilds && isOver) journals.delete(old);
			return {
				add(event) {
					keep(entry, event);
					wake(entry);
				},
				[Symbol.dispose]() {
					entry.isOver = true;
					wake(entry);
				},
			};
		},
		async *read(id, signal) {
			const entry = journals.get(id);
			if (entry === undefined) return;
			let next = 0;
			while (!signal.aborted) {
				while (next < entry.events.length) yield entry.events[next++]!;
				if (entry.isOver) return;
				await more(entry, signal);
			}
		},
	};
}

/** Of an output that does not fit the beginning is kept; what steps came to always is. */
function keep(entry: Entry, event: HullBuildEvent): void {
	const bytes = event.kind === "log" ? event.data.length : 0;
	if (event.kind === "progress" || entry.bytes + bytes > maxBytes) return;
	entry.bytes += bytes;
	entry.events.push(event);
}

function wake({ waiting }: Entry): void {
	for (const resolve of waiting) resolve();
	waiting.clear();
}

async function more({ waiting }: Entry, signal: AbortSignal): Promise<void> {
	const { promise, resolve } = Promise.withResolvers<void>();
	waiting.add(resolve);
	signal.addEventListener("abort", () => resolve(), { once: true });
	await promise;
	waiting.delete(resolve);
}
