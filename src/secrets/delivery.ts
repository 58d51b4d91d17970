import {
	chmodSync,
	chownSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmdirSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type Logger, removeTreeSync, translateSystemError } from "../lib/index.ts";
import { MS, mount, unmount } from "../sys/index.ts";
import type { Delivery } from "./contract.ts";

/**
 * Containers' files on a ramfs of the engine's own, mounted while there are some. A ramfs has no disk behind it and,
 * unlike a tmpfs, is never swapped out. Only the engine writes to it, so that it cannot grow; containers get single
 * files of it, read-only.
 *
 * A supervisor's mount namespace may keep a copy of the mount after it is gone here: its files are deleted first.
 *
 * Crash windows: files that were provided for a run that never came to be, or that ended while no daemon was there,
 * are removed by `restore`.
 */
export function createDelivery(root: string, log: Logger): Delivery {
	const settle = () => {
		if (!existsSync(root) || readdirSync(root).length > 0) return;
		if (isRamfs(root)) unmount(root);
		rmdirSync(root);
	};
	const release = (id: string) => {
		const folder = join(root, id);
		if (!existsSync(folder)) return;
		try {
			removeTreeSync(folder);
			settle();
		} catch (error) {
			log.error("a container's secrets could not be removed from memory", { container: id, error });
		}
	};
	return {
		provide(id, files) {
			const folder = join(root, id);
			try {
				ensureMounted(root);
				removeTreeSync(folder);
				mkdirSync(folder, { mode: 0o700 });
				for (const { name, value, uid, gid, mode } of files) {
					const path = join(folder, name);
					writeFileSync(path, value, { mode: 0o600, flag: "wx" });
					chownSync(path, uid, gid);
					chmodSync(path, mode);
				}
			} catch (error) {
				release(id);
				throw translateSystemError(error, folder);
			}
			return folder;
		},
		release,
		restore(running) {
			if (!existsSync(root)) return;
			for (const id of readdirSync(root)) if (!running.has(id)) release(id);
			settle();
		},
	};
}

function ensureMounted(root: string): void {
	if (isRamfs(root)) return;
	mkdirSync(root, { recursive: true, mode: 0o700 });
	const flags = MS.NOSUID | MS.NODEV | MS.NOEXEC;
	mount({ source: "hull-secrets", target: root, type: "ramfs", flags, data: "mode=0700" });
}

/** Whether the last thing mounted right there is a ramfs. proc_pid_mountinfo(5). */
function isRamfs(path: string): boolean {
	const escaped = path.replace(/[ \t\n\\]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, "0")}`);
	const line = readFileSync("/proc/self/mountinfo", "utf8")
		.split("\n")
		.findLast((entry) => entry.split(" ")[4] === escaped);
	return line !== undefined && / - ramfs /.test(line);
}
