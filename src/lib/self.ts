/**
 * How to start this same program again, as a worker or as the daemon: the compiled executable alone, or the
 * JavaScript runtime with the entry file when running from source.
 */
export function selfCommand(): string[] {
	if (import.meta.path.startsWith("/$bunfs/")) return [process.execPath];
	return [process.execPath, new URL("../bin/hull.ts", import.meta.url).pathname];
}
