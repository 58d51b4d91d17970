import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";
import { delay, selfCommand } from "../../lib/index.ts";
import { CommandFailure } from "../failure.ts";
import { isTerminal } from "../streams/session.ts";
import { writeError } from "../terminal/output.ts";

const logPath = "/var/log/hull/hulld.log";
const patienceMs = 30_000;
/** After our own child has ended: somebody else may have started an engine at the same moment. */
const afterEndMs = 3_000;
const pollMs = 15;

/** Starts hulld in the background and waits until it listens. */
export async function startEngine(socketPath: string): Promise<void> {
	if (await isTerminal(2)) writeError("Starting the engine…\n");
	const { spawnDetached } = await import("../../sys/terminal.ts");
	mkdirSync(dirname(logPath), { recursive: true });
	const log = openSync(logPath, "a", 0o640);
	const [file, ...words] = selfCommand() as [string, ...string[]];
	const engine = spawnDetached([file, ...words], { argv0: "hulld", outputFd: log });
	closeSync(log);
	let end: { how: string; at: number } | undefined;
	void engine.ended.then((how) => {
		end = { how, at: Date.now() };
	});
	const deadline = Date.now() + patienceMs;
	while (!(await isListening(socketPath))) {
		if (end !== undefined && Date.now() > end.at + afterEndMs)
			throw new CommandFailure(`the engine could not be started (${end.how})${lastLines()}`);
		if (Date.now() > deadline)
			throw new CommandFailure(
				`the engine does not listen at ${socketPath} after ${patienceMs / 1000} s${lastLines()}`,
			);
		await delay(pollMs);
	}
}

/** True when somebody accepts connections there. */
function isListening(socketPath: string): Promise<boolean> {
	const { promise, resolve } = Promise.withResolvers<boolean>();
	const socket = connect({ path: socketPath });
	socket.once("connect", () => {
		socket.destroy();
		resolve(true);
	});
	socket.once("error", () => resolve(false));
	return promise;
}

function lastLines(): string {
	const lines = readFileSync(logPath, "utf8").trimEnd().split("\n").slice(-5);
	return `\nThe end of ${logPath}:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}
