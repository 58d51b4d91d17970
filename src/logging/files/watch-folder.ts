import { type FSWatcher, watch } from "node:fs";

/** Notices that something in a folder changed. */
export interface FolderWatch extends Disposable {
	/** Resolves at the next change since the last call, or when `poke` is called. */
	changed(): Promise<void>;
	poke(): void;
}

/** The kernel may drop notifications when there are too many; a look now and then makes up for that. */
const lookAgainMs = 1000;

export function watchFolder(path: string): FolderWatch {
	let pending = false;
	let wake: (() => void) | undefined;
	const poke = () => {
		pending = true;
		wake?.();
	};
	const watcher: FSWatcher | undefined = tryWatch(path, poke);
	const timer = setInterval(poke, watcher === undefined ? 100 : lookAgainMs);
	return {
		async changed() {
			if (!pending) {
				const { promise, resolve } = Promise.withResolvers<void>();
				wake = resolve;
				await promise;
				wake = undefined;
			}
			pending = false;
		},
		poke,
		[Symbol.dispose]: () => {
			clearInterval(timer);
			watcher?.close();
			poke();
		},
	};
}

/** `undefined` when the host has no watches left: then it is looked at more often. */
function tryWatch(path: string, onChange: () => void): FSWatcher | undefined {
	try {
		const watcher = watch(path, onChange);
		watcher.on("error", () => undefined);
		return watcher;
	} catch {
		return undefined;
	}
}
