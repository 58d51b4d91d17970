import { createReadStream, statSync } from "node:fs";
import { CommandFailure } from "../failure.ts";
import { readInput } from "./input.ts";

/** The bytes of a file, or of stdin for `-`. */
export function openInputFile(path: string): AsyncIterable<Uint8Array> {
	if (path === "-") return readInput();
	const stat = statSync(path, { throwIfNoEntry: false });
	if (stat === undefined) throw new CommandFailure(`open ${path}: no such file or directory`);
	if (stat.isDirectory()) throw new CommandFailure(`open ${path}: is a directory`);
	return createReadStream(path, { highWaterMark: 1024 * 1024 });
}
