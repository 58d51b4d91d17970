import { EngineError } from "../lib/index.ts";
import { runCommand } from "./run-command.ts";

/**
 * Bytes that trees and files take on the disk, in the order of the paths: blocks of files and of folders, a
 * hard-linked file once for all, other file systems mounted inside left out. What is not there, or goes away
 * meanwhile, takes nothing. No path may lie inside another. Walked by a program, away from the event loop.
 */
export async function diskBytes(paths: readonly string[]): Promise<number[]> {
	if (paths.length === 0) return [];
	const command = ["du", "--summarize", "--block-size=1", "--one-file-system", "--null", "--files0-from=-"];
	const result = await runCommand(command, { input: paths.map((path) => `${path}\0`).join("") });
	if (result === undefined) throw new EngineError("unavailable", "count bytes on the disk: no program du");
	const bytes = new Map<string, number>();
	for (const line of result.stdout.split("\0")) {
		const tab = line.indexOf("\t");
		if (tab > 0) bytes.set(line.slice(tab + 1), Number(line.slice(0, tab)));
	}
	return paths.map((path) => bytes.get(path) ?? 0);
}
