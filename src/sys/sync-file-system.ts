import { EngineError } from "../lib/index.ts";
import { runCommand } from "./run-command.ts";

/**
 * Everything that was written to the file system of a folder is on its disk (syncfs(2)). By a program, as the call may
 * take seconds and would hold a thread of the runtime's pool, or the event loop.
 */
export async function syncFileSystem(folder: string): Promise<void> {
	const result = await runCommand(["sync", "--file-system", folder]);
	if (result?.exitCode === 0) return;
	throw new EngineError("unavailable", `sync ${folder}: ${result?.stderr.trim() ?? "no program sync"}`);
}
