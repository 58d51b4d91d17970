import { errnoOf } from "../lib/index.ts";
import { closeFd } from "./files-at.ts";
import { createSocketPair } from "./socketpair.ts";

/** A program between an open file and the reader of `fd`. */
export interface Filter {
	/** Its stdout, to be read without waiting for events. */
	readonly fd: number;
	/** Its exit code and what it said on stderr. */
	result(): Promise<{ exitCode: number; stderr: string }>;
}

/** Starts a program on an open file. `undefined` when there is no such program. */
export function startFilter(command: readonly string[], stdin: number): Filter | undefined {
	const [fd, theirs] = createSocketPair();
	try {
		const child = Bun.spawn([...command], { stdin, stdout: theirs, stderr: "pipe" });
		const stderr = new Response(child.stderr).text();
		return { fd, result: async () => ({ exitCode: await child.exited, stderr: await stderr }) };
	} catch (error) {
		closeFd(fd);
		if (errnoOf(error) === "ENOENT") return undefined;
		throw error;
	} finally {
		closeFd(theirs);
	}
}
