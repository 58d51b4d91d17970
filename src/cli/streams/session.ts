import { fstatSync } from "node:fs";
import type { RawStream } from "../../client/index.ts";
import { CommandFailure } from "../failure.ts";
import { createDetachScanner, defaultDetachKeys, parseDetachKeys } from "./detach-keys.ts";
import { readInput } from "./input.ts";
import { copyOutput } from "./output.ts";

export interface SessionOptions {
	/** The process has a terminal. */
	readonly tty: boolean;
	/** Send our input. */
	readonly stdin: boolean;
	/** Empty for the default. */
	readonly detachKeys: string | undefined;
	readonly stdout?: boolean;
	readonly stderr?: boolean;
}

/** How a session ended: the process closed its output, or the user typed the detach keys. */
export type SessionEnd = "ended" | "detached";

/** True when stdin is a terminal. */
export async function inputIsTerminal(): Promise<boolean> {
	return isTerminal(0);
}

export async function isTerminal(fd: number): Promise<boolean> {
	if (!isCharacterDevice(fd)) return false;
	const { isatty } = await import("node:tty");
	return isatty(fd);
}

function isCharacterDevice(fd: number): boolean {
	try {
		return fstatSync(fd).isCharacterDevice();
	} catch {
		return false;
	}
}

/** Docker's refusal when a terminal is asked for and stdin is none. */
export async function assertTerminalInput(options: { stdin: boolean; tty: boolean }): Promise<void> {
	if (options.stdin && options.tty && !(await inputIsTerminal()))
		throw new CommandFailure("the input device is not a TTY");
}

/**
 * Connects our streams with the process's until its output ends or the user detaches. Our terminal is raw meanwhile
 * and is given back however the session ends.
 */
export async function runSession(stream: RawStream, options: SessionOptions): Promise<SessionEnd> {
	using _terminal = options.stdin && options.tty ? await rawTerminal() : undefined;
	const output = copyOutput(stream.output, options).then((): SessionEnd => "ended");
	// Awaited here: the terminal is given back when this function returns.
	if (!options.stdin) return await output;
	const input = sendInput(stream, options);
	// Input that ends says nothing: the output goes on. Input that fails ends the session.
	const detached = input.then((end) => (end === "detached" ? end : output));
	return await Promise.race([output, detached]);
}

async function sendInput(stream: RawStream, options: SessionOptions): Promise<SessionEnd> {
	const keys = parseDetachKeys(options.detachKeys || defaultDetachKeys);
	const scanner = options.tty ? createDetachScanner(keys) : undefined;
	for await (const data of readInput()) {
		const found = scanner?.push(data) ?? { pass: data, detached: false };
		if (found.pass.length > 0) await stream.write(found.pass);
		if (found.detached) {
			stream.close();
			return "detached";
		}
	}
	stream.end();
	return "ended";
}

async function rawTerminal(): Promise<Disposable | undefined> {
	if (!(await inputIsTerminal())) return undefined;
	const { makeTerminalRaw } = await import("../../sys/terminal.ts");
	const raw = makeTerminalRaw(0);
	const restore = () => raw[Symbol.dispose]();
	// Whatever ends the program, the user gets a usable terminal back.
	process.once("exit", restore);
	return {
		[Symbol.dispose]() {
			process.off("exit", restore);
			restore();
		},
	};
}
