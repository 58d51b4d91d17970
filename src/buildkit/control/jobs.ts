/** Builds that clients started, by ref: `Solve` begins one, `Status` watches it, the bridge steers it. */
import type { Entitlement, KeptResult } from "../../builder/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { ReturnRequest } from "../proto/gateway.ts";
import type { Decoded } from "../wire/message.ts";
import { createProgress, type Progress } from "./progress.ts";

export interface Job {
	readonly ref: string;
	readonly session: string;
	/** What its builds may ask for beyond a sandbox. */
	readonly allow: ReadonlySet<Entitlement>;
	readonly progress: Progress;
	/** What the bridge was asked to solve, by the id that it answered. */
	readonly solved: Map<string, Solved>;
	/** Held for its builds, of others. */
	readonly inputs: DisposableStack;
	/** Resolves when the client's bridge hands back what is to be exported. */
	readonly returned: PromiseWithResolvers<Decoded<typeof ReturnRequest>>;
	/** Aborts when the client gave up its `Solve`. */
	readonly signal: AbortSignal;
}

/** What a frontend is asked for. */
export interface Asked {
	readonly frontendOptions: ReadonlyMap<string, string>;
	/** Results of other builds by the names that options have for them (`input:name`). */
	readonly inputs: ReadonlyMap<string, KeptResult>;
}

export interface Solved {
	readonly asked: Asked;
	/** Once somebody needed it; the job disposes of it. */
	kept?: Promise<KeptResult | undefined>;
}

export interface Jobs {
	/** `conflict` when there is one of that ref. */
	begin(of: Pick<Job, "ref" | "session" | "allow">, signal: AbortSignal): Job;
	end(job: Job): void;
	/** Waits a little: calls of one build come in any order. `not_found`. */
	get(ref: string, signal: AbortSignal): Promise<Job>;
	/** Of all builds that are under way: ids are as good as random. */
	findSolved(id: string): { readonly job: Job; readonly solved: Solved } | undefined;
}

/** How long `Status` and the bridge wait for `Solve`. */
const patienceMs = 5_000;
/** Ended ones that are kept for a late `Status`. */
const maxEnded = 20;

export function createJobs(): Jobs {
	const jobs = new Map<string, Job>();
	const ended: string[] = [];
	let arrival = Promise.withResolvers<void>();

	return {
		begin({ ref, session, allow }, signal) {
			if (ref === "" || ref.length > 256) throw new EngineError("invalid_argument", "a build needs a ref");
			if (jobs.has(ref)) throw new EngineError("conflict", `build ${ref} exists`);
			const returned = Promise.withResolvers<Decoded<typeof ReturnRequest>>();
			returned.promise.catch(() => undefined);
			const inputs = new DisposableStack();
			const job: Job = {
				ref,
				session,
				allow,
				progress: createProgress(ref),
				solved: new Map(),
				inputs,
				returned,
				signal,
			};
			jobs.set(ref, job);
			arrival.resolve();
			arrival = Promise.withResolvers();
			return job;
		},
		findSolved(id) {
			for (const job of jobs.values()) {
				const solved = job.solved.get(id);
				if (solved !== undefined) return { job, solved };
			}
			return undefined;
		},
		end(job) {
			job.progress.end();
			for (const { kept } of job.solved.values())
				void kept?.then((result) => result?.[Symbol.dispose]()).catch(() => undefined);
			job.solved.clear();
			job.inputs.dispose();
			ended.push(job.ref);
			while (ended.length > maxEnded) jobs.delete(ended.shift()!);
		},
		async get(ref, signal) {
			const late = Promise.withResolvers<never>();
			late.promise.catch(() => undefined);
			const timer = setTimeout(
				() => late.reject(new EngineError("not_found", `no such build: ${ref}`)),
				patienceMs,
			);
			const leave = () => late.reject(signal.reason);
			signal.addEventListener("abort", leave, { once: true });
			try {
				for (;;) {
					const job = jobs.get(ref);
					if (job !== undefined) return job;
					await Promise.race([arrival.promise, late.promise]);
				}
			} finally {
				clearTimeout(timer);
				signal.removeEventListener("abort", leave);
			}
		},
	};
}
