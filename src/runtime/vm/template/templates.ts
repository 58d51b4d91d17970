import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, type Logger, removeTreeSync } from "../../../lib/index.ts";
import type { MachineSize } from "../machine-size.ts";
import type { VmFacts } from "../probe.ts";
import type { qemuArguments } from "../qemu-arguments.ts";
import { hostDigest, templateKey } from "./key.ts";

/** A machine that has booted and waits to be told what it is; others are restored from it. */
export interface Template {
	readonly key: string;
	/** Holds `memory`, which clones map privately. */
	readonly folder: string;
	/** What QEMU saved of everything but memory. */
	readonly state: Uint8Array;
}

/** A template that is to be made. */
export interface TemplateOrder {
	/** Where it is to be in the end. */
	readonly folder: string;
	readonly key: string;
	readonly size: MachineSize;
	readonly facts: VmFacts;
}

/**
 * Templates on disk, one for each size, below `<data-root>/vm/templates/<key>`.
 *
 * Crash windows: a template is made in `<key>.part` and renamed when it is whole; what a kill left is removed when
 * templates are first asked for. One that does not restore is removed, made anew once, and then given up.
 */
export interface Templates {
	/** One that fits, if it is there. */
	find(size: MachineSize, facts: VmFacts): Template | undefined;
	/** Makes one in the background, unless it is there, being made, or was given up. */
	prepare(size: MachineSize, facts: VmFacts): void;
	/** Whether a guest that was restored from it has answered since the daemon was started. */
	isProven(template: Template): boolean;
	prove(template: Template): void;
	/** It is damaged or unusable. */
	discard(template: Template): void;
	/** Waits for what is being made. */
	settle(): Promise<void>;
	/** Gives up what is being made. */
	close(): Promise<void>;
}

const maxDiscards = 2;

export function createTemplates(options: {
	readonly root: string;
	readonly vmDir: string;
	readonly log: Logger;
	readonly make: (order: TemplateOrder, signal: AbortSignal) => Promise<void>;
	/** Removes what a killed daemon left while it made one. */
	readonly clear: () => Promise<void>;
}): Templates {
	const { root, vmDir, log, make, clear } = options;
	const closing = new AbortController();
	const making = new Map<string, Promise<void>>();
	const discards = new Map<string, number>();
	const proven = new Set<string>();
	let cleared: Promise<void> | undefined;
	let host: { readonly facts: VmFacts; readonly digest: string } | undefined;

	const keyOf = (size: MachineSize, facts: VmFacts) => {
		if (host?.facts !== facts) {
			host = { facts, digest: hostDigest(facts, vmDir) };
			collect(root, host.digest, log);
			cleared ??= clear().catch((error: unknown) =>
				log.warn("an unfinished template is not removed", { error }),
			);
		}
		return `${host.digest.slice(0, 16)}-${templateKey(host.digest, templateOptions(size, facts)).slice(0, 16)}`;
	};
	return {
		find(size, facts) {
			const key = keyOf(size, facts);
			const folder = join(root, key);
			try {
				return { key, folder, state: readFileSync(join(folder, "state")) };
			} catch (error) {
				if (errnoOf(error) === "ENOENT") return undefined;
				throw error;
			}
		},
		prepare(size, facts) {
			const key = keyOf(size, facts);
			const folder = join(root, key);
			if (making.has(key) || existsSync(folder) || (discards.get(key) ?? 0) >= maxDiscards) return;
			const order = { folder, key, size, facts };
			if (closing.signal.aborted) return;
			const work = Promise.resolve(cleared)
				.then(() => make(order, closing.signal))
				.catch((error: unknown) => {
					if (closing.signal.aborted) return;
					discards.set(key, (discards.get(key) ?? 0) + 1);
					log.warn("a template for machines could not be made; they boot instead", { key, error });
				})
				.finally(() => making.delete(key));
			making.set(key, work);
		},
		isProven: ({ key }) => proven.has(key),
		prove: ({ key }) => void proven.add(key),
		discard({ key, folder }) {
			proven.delete(key);
			discards.set(key, (discards.get(key) ?? 0) + 1);
			removeTreeSync(folder);
		},
		async settle() {
			await Promise.all(making.values());
		},
		async close() {
			closing.abort();
			await Promise.all(making.values());
		},
	};
}

/** What the machines of a template have in common. */
export function templateOptions(size: MachineSize, facts: VmFacts): Parameters<typeof qemuArguments>[0] {
	const { accelerator, tscKhz } = facts;
	const disks = { layers: false, upper: "none" } as const;
	return { size, accelerator, tscKhz, taps: 0, disks, start: "template" };
}

/** Removes what was not finished, and templates of another QEMU or kernel. */
function collect(root: string, digest: string, log: Logger): void {
	mkdirSync(root, { recursive: true, mode: 0o700 });
	for (const name of readdirSync(root)) {
		if (/^[0-9a-f]{16}-[0-9a-f]{16}$/.test(name) && name.startsWith(digest.slice(0, 16))) continue;
		log.info("a template that fits no machine any more is removed", { template: name });
		removeTreeSync(join(root, name));
	}
}
