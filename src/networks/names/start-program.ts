import { closeSync, existsSync } from "node:fs";
import type { Socket } from "node:net";
import { EngineError } from "../../lib/index.ts";
import { connectIn, createSocketPair, spawnProcess, streamSocket } from "../../sys/index.ts";
import { greet, type NameRefused, type NamesConnection } from "./connection.ts";

/** Connects to the hull-names that runs, or starts one. Errors: `unavailable`. */
export async function startProgram(options: {
	readonly program: string | undefined;
	readonly runRoot: string;
	readonly refused: NameRefused;
}): Promise<NamesConnection> {
	const socket = await connectIn(options.runRoot, "names.sock");
	const found = socket === undefined ? undefined : await greet(socket, options.refused);
	if (found !== undefined) return found;
	const started = await greet(spawnProgram(options.program, options.runRoot), options.refused);
	if (started === undefined) throw new EngineError("unavailable", "hull-names ended before it answered");
	return started;
}

/** A daemon that dies here leaves a program that reads end of file and goes. */
function spawnProgram(program: string | undefined, runRoot: string): Socket {
	if (program === undefined || !existsSync(program))
		throw new EngineError("unavailable", `names on networks need hull-names, which is missing at ${program}`);
	const [ours, theirs] = createSocketPair();
	try {
		spawnProcess([program, runRoot], [null, null, null, theirs]);
	} catch (error) {
		closeSync(ours);
		throw new EngineError("unavailable", `cannot start ${program}`, { cause: error });
	} finally {
		closeSync(theirs);
	}
	return streamSocket(ours);
}
