import { createWriteStream, lstatSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { CommandFailure } from "../failure.ts";
import { isTerminal } from "./session.ts";
import { createWriter } from "./writer.ts";

/**
 * Writes an archive to a file, or to stdout unless that is a terminal. A file appears under its name when it is
 * complete; what was there before stays until then.
 */
export async function saveStream(
	source: AsyncIterable<Uint8Array>,
	{ path, what }: { path: string | undefined; what: string },
): Promise<void> {
	if (path === undefined) {
		const write = createWriter(1);
		for await (const chunk of source) await write([chunk]);
		return;
	}
	// A device or a pipe is written to, not replaced.
	if (isSpecial(path)) return pipeline(source, createWriteStream(path));
	const partial = `${path}.partial-${process.pid}`;
	try {
		await pipeline(source, createWriteStream(partial));
		renameSync(partial, path);
	} catch (error) {
		rmSync(partial, { force: true });
		throw error instanceof Error && "syscall" in error
			? new CommandFailure(`failed to save ${what}: ${error.message}`, { cause: error })
			: error;
	}
}

/** Before the engine is asked: an archive on a terminal helps nobody, and a folder that is not there cannot hold it. */
export async function assertSavable(path: string | undefined): Promise<void> {
	if (path === undefined) {
		if (await isTerminal(1))
			throw new CommandFailure("cowardly refusing to save to a terminal. Use the -o flag or redirect");
		return;
	}
	const parent = statOf(dirname(path));
	if (parent === undefined || !(parent.isDirectory() || parent.isSymbolicLink()))
		throw new CommandFailure(
			`invalid output path: directory ${JSON.stringify(dirname(path))} does not exist`,
		);
	if (statOf(path)?.isDirectory()) throw new CommandFailure(`invalid output path: ${path} is a directory`);
}

function isSpecial(path: string): boolean {
	const stat = statOf(path);
	return stat !== undefined && !stat.isFile() && !stat.isSymbolicLink();
}

function statOf(path: string) {
	return lstatSync(path, { throwIfNoEntry: false });
}
