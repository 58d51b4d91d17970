import { delay, errnoOf, type Logger } from "../lib/index.ts";
import { decodeLink, deleteLink, getLink, openRouteSocket, setLink } from "../sys/index.ts";

/**
 * Takes links away. Deleting a veth pair costs the kernel some 30 ms, and mostly it does so by itself, when the
 * namespace of a container that ended goes: a link is put out of service at once and deleted later, if it is then
 * still there, one batch after another on one thread of the pool. A machine's tap is its maker's: it leaves the bridge
 * and is never deleted.
 */
export interface LinkRemoval {
	/** Nothing passes through the link any more when this resolves: its address may be given to the next one. */
	remove(name: string): Promise<void>;
	/** Deletes a link that was removed, without waiting for the kernel to do it. */
	finish(name: string): Promise<void>;
	/** True while the link waits for its deletion. */
	isWaiting(name: string): boolean;
	/** Deletes what waits and resolves when all is gone. */
	settle(): Promise<void>;
}

/** How long the kernel gets to take a dead namespace's links away by itself. */
const GRACE_MS = 1000;

export function createLinkRemoval(log: Logger): LinkRemoval {
	let waiting: string[] = [];
	let hurry = new AbortController();
	let sweeping: Promise<void> | undefined;

	const sweep = async () => {
		while (waiting.length > 0) {
			await delay(GRACE_MS, hurry.signal).catch(() => {});
			const names = waiting;
			waiting = [];
			await deleteLinks(names).catch((error) =>
				log.error("links could not be deleted", { links: names, error }),
			);
		}
	};

	return {
		async remove(name) {
			if ((await putOutOfService(name)) !== "ours") return;
			waiting.push(name);
			sweeping ??= sweep().finally(() => {
				sweeping = undefined;
			});
		},
		async finish(name) {
			waiting = waiting.filter((candidate) => candidate !== name);
			await deleteLinks([name]);
		},
		isWaiting: (name) => waiting.includes(name),
		async settle() {
			hurry.abort();
			while (sweeping !== undefined) await sweeping;
			hurry = new AbortController();
		},
	};
}

async function putOutOfService(name: string): Promise<"ours" | "tap" | "gone"> {
	using route = openRouteSocket();
	try {
		const [answer] = await route.requestInBackground([getLink(name)]);
		const { index, kind } = decodeLink(answer!);
		const isTap = kind === "tun";
		await route.requestInBackground([setLink({ index, up: false, ...(isTap ? { master: 0 } : {}) })]);
		return isTap ? "tap" : "ours";
	} catch (error) {
		if (errnoOf(error) === "ENODEV") return "gone";
		throw error;
	}
}

async function deleteLinks(names: readonly string[]): Promise<void> {
	using route = openRouteSocket();
	const present = new Set(route.dump(getLink()).map((answer) => decodeLink(answer).name));
	for (const name of names.filter((candidate) => present.has(candidate))) {
		await route.requestInBackground([deleteLink(name)]).catch(ignoreMissing);
	}
}

function ignoreMissing(error: unknown): void {
	if (errnoOf(error) !== "ENODEV") throw error;
}
