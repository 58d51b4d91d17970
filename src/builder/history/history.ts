import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { EngineError, failpoint, type Logger } from "../../lib/index.ts";
import type { Metadata } from "../../store/index.ts";
import type { BuildEvent, BuildRecord, HistoryChange } from "../contract.ts";
import { type Journal, openJournal, readJournal } from "./journal.ts";
import { historyLimits, planForget } from "./plan-forget.ts";

export interface HistoryOptions {
	/** Folder for what builds tell. */
	readonly root: string;
	readonly metadata: Metadata;
	readonly log: Logger;
}

/** Builds that run and those that ended: rows of the table `build_history`, and a file each of what they told. */
export interface History {
	/** The newest first. */
	list(): readonly BuildRecord[];
	/** Takes the place of an earlier one of the same id. */
	begin(record: BuildRecord): RecordedBuild;
	/** `not_found`. */
	events(id: string, signal: AbortSignal): AsyncIterable<BuildEvent>;
	/** Pinned builds are not forgotten by themselves. `not_found`; `conflict` when there are too many. */
	pin(id: string, isPinned: boolean): void;
	/** `not_found`; `conflict` while it runs. */
	remove(id: string): void;
	/** Every change from now on, until the signal aborts. */
	watch(signal: AbortSignal): AsyncIterable<HistoryChange>;
}

export interface RecordedBuild {
	add(event: BuildEvent): void;
	end(record: BuildRecord): void;
}

interface Known {
	record: BuildRecord;
	/** While it runs. */
	journal: Journal | undefined;
	bytes: number;
}

const maxPinned = 100;
const maxTextLength = 64 * 1024;

/**
 * A row is written when a build begins and when it has ended; a build whose row still says at boot that it runs died
 * with its daemon. Files without a row, which a kill between the two can leave, are removed then.
 */
export function openHistory({ root, metadata, log }: HistoryOptions): History {
	const documents = metadata.documents<BuildRecord>("build_history", parseRecord);
	const builds = new Map<string, Known>();
	const watchers = new Set<(change: HistoryChange) => void>();
	mkdirSync(root, { recursive: true, mode: 0o700 });
	const pathOf = (id: string) =>
		join(root, `${createHash("sha256").update(id).digest("hex").slice(0, 32)}.jsonl`);
	const tell = (change: HistoryChange) => {
		for (const watcher of watchers) watcher(change);
	};
	const find = (id: string): Known => {
		const known = builds.get(id);
		if (known === undefined) throw new EngineError("not_found", `no such build: ${id}`);
		return known;
	};
	const store = (known: Known, record: BuildRecord) => {
		known.record = record;
		documents.put(record.id, record);
	};
	const forget = (id: string) => {
		const { record } = find(id);
		documents.delete(id);
		builds.delete(id);
		rmSync(pathOf(id), { force: true });
		tell({ kind: "deleted", record });
	};
	const forgetOld = () => {
		for (const id of planForget([...builds.values()], historyLimits, Date.now())) forget(id);
	};

	for (const { value } of documents.entries().sort((one, other) => order(one.value, other.value))) {
		const known: Known = { record: value, journal: undefined, bytes: sizeOf(pathOf(value.id)) };
		builds.set(value.id, known);
		if (value.state !== "running") continue;
		const error = "the engine ended while the build ran";
		store(known, { ...value, state: "failed", error, endedAt: new Date().toISOString() });
	}
	const files = new Set([...builds.keys()].map(pathOf));
	for (const name of readdirSync(root))
		if (!files.has(join(root, name))) rmSync(join(root, name), { force: true });
	forgetOld();

	return {
		list: () => [...builds.values()].map(({ record }) => record).reverse(),
		begin(record) {
			const { id } = record;
			const journal = openJournal(pathOf(id), log);
			const isPinned = builds.get(id)?.record.isPinned === true ? { isPinned: true } : {};
			builds.delete(id);
			const known: Known = { record, journal, bytes: 0 };
			builds.set(id, known);
			failpoint("builder.history.before-record");
			store(known, { ...record, ...isPinned });
			tell({ kind: "started", record });
			return {
				add: (event) => journal.add(event),
				end(last) {
					journal.end();
					failpoint("builder.history.before-end");
					known.journal = undefined;
					known.bytes = journal.bytes;
					const { isPinned: pinned } = known.record;
					const error = last.error === undefined ? {} : { error: last.error.slice(0, maxTextLength) };
					store(known, { ...last, ...error, ...(pinned ? { isPinned: true } : {}) });
					tell({ kind: "completed", record: known.record });
					forgetOld();
				},
			};
		},
		async *events(id, signal) {
			const { journal } = find(id);
			yield* journal === undefined ? readJournal(pathOf(id)) : journal.follow(signal);
		},
		pin(id, isPinned) {
			const known = find(id);
			const pinned = [...builds.values()].filter(({ record }) => record.isPinned === true).length;
			if (isPinned && known.record.isPinned !== true && pinned >= maxPinned)
				throw new EngineError("conflict", `${maxPinned} builds are pinned already`);
			const { isPinned: _, ...rest } = known.record;
			store(known, isPinned ? { ...rest, isPinned } : rest);
			tell({ kind: known.journal === undefined ? "completed" : "started", record: known.record });
			forgetOld();
		},
		remove(id) {
			if (find(id).journal !== undefined) throw new EngineError("conflict", `build ${id} is running`);
			forget(id);
		},
		async *watch(signal) {
			const changes: HistoryChange[] = [];
			let wake: () => void = () => undefined;
			const take = (change: HistoryChange) => {
				changes.push(change);
				wake();
			};
			watchers.add(take);
			const leave = () => wake();
			signal.addEventListener("abort", leave, { once: true });
			try {
				while (!signal.aborted) {
					while (changes.length > 0) yield changes.shift()!;
					if (signal.aborted) return;
					await new Promise<void>((resolve) => {
						wake = resolve;
						if (changes.length > 0) resolve();
					});
				}
			} finally {
				watchers.delete(take);
				signal.removeEventListener("abort", leave);
			}
		},
	};
}

function order(one: BuildRecord, other: BuildRecord): number {
	return Date.parse(one.startedAt) - Date.parse(other.startedAt);
}

function sizeOf(path: string): number {
	return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

const states = new Set(["running", "completed", "failed", "cancelled"]);

function parseRecord(value: unknown): BuildRecord {
	const record = value as BuildRecord;
	const { id, name, startedAt, endedAt, state, steps } = record;
	if (typeof id !== "string" || typeof name !== "string" || !states.has(state))
		throw new Error("no build record");
	if (Number.isNaN(Date.parse(startedAt) + Date.parse(endedAt ?? startedAt))) throw new Error("no times");
	for (const count of [steps.total, steps.completed, steps.cached])
		if (!Number.isSafeInteger(count)) throw new Error("no counts of steps");
	return record;
}
