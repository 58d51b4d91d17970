import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { EngineError, translateSystemError } from "../lib/index.ts";
import { tryLockFile } from "../sys/index.ts";

/**
 * Takes a folder for this daemon: `<folder>/hulld.lock`, locked as long as the process lives, with its process id in
 * it. `unavailable`, naming the other process, when a daemon works on it already.
 */
export function lockRoot(folder: string): Disposable {
	const path = join(folder, "hulld.lock");
	let fd: number;
	try {
		mkdirSync(folder, { recursive: true, mode: 0o711 });
		fd = openSync(path, "a+", 0o644);
	} catch (error) {
		throw translateSystemError(error, path);
	}
	if (!tryLockFile(fd)) {
		const pid = readFileSync(path, "latin1").trim() || "unknown";
		closeSync(fd);
		throw new EngineError("unavailable", `${folder} is in use by another hulld, process ${pid}`);
	}
	try {
		ftruncateSync(fd);
		writeSync(fd, `${process.pid}\n`);
	} catch (error) {
		closeSync(fd);
		throw translateSystemError(error, path);
	}
	return { [Symbol.dispose]: () => closeSync(fd) };
}
