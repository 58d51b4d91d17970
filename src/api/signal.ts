import { EngineError } from "../lib/index.ts";

/** Linux's signals on every architecture but MIPS; where two names share a number, the usual one comes first. */
const names: readonly (readonly [name: string, number: number])[] = [
	["HUP", 1],
	["INT", 2],
	["QUIT", 3],
	["ILL", 4],
	["TRAP", 5],
	["ABRT", 6],
	["IOT", 6],
	["BUS", 7],
	["FPE", 8],
	["KILL", 9],
	["USR1", 10],
	["SEGV", 11],
	["USR2", 12],
	["PIPE", 13],
	["ALRM", 14],
	["TERM", 15],
	["STKFLT", 16],
	["CHLD", 17],
	["CLD", 17],
	["CONT", 18],
	["STOP", 19],
	["TSTP", 20],
	["TTIN", 21],
	["TTOU", 22],
	["URG", 23],
	["XCPU", 24],
	["XFSZ", 25],
	["VTALRM", 26],
	["PROF", 27],
	["WINCH", 28],
	["IO", 29],
	["POLL", 29],
	["PWR", 30],
	["SYS", 31],
	...realTimeSignals(),
];

const numberOf: ReadonlyMap<string, number> = new Map(names);
const nameOf: ReadonlyMap<number, string> = new Map(
	names.toReversed().map(([name, number]) => [number, name]),
);

/**
 * Number of a signal given by number or by name, with or without `SIG`, in either case (`9`, `kill`, `SIGRTMIN+3`).
 * Errors: `invalid_argument` with Docker's texts, for unknown names and for numbers that no signal has.
 */
export function parseSignal(text: string): number {
	if (!/^[+-]?\d+$/.test(text)) {
		const number = numberOf.get(text.toUpperCase().replace(/^SIG/, ""));
		if (number === undefined) throw new EngineError("invalid_argument", `invalid signal: ${text}`);
		return number;
	}
	const number = Number(text);
	if (number === 0) throw new EngineError("invalid_argument", `invalid signal: ${text}`);
	if (!nameOf.has(number))
		throw new EngineError("invalid_argument", `the linux daemon does not support signal ${number}`);
	return number;
}

/** `SIGTERM` for 15; the number as text when it has no name. */
export function signalName(number: number): string {
	const name = nameOf.get(number);
	return name === undefined ? String(number) : `SIG${name}`;
}

/** The C library keeps 32 and 33 for itself: SIGRTMIN is 34. The middle is named from both ends. */
function realTimeSignals(): (readonly [string, number])[] {
	const low = Array.from({ length: 16 }, (_, i) => [i === 0 ? "RTMIN" : `RTMIN+${i}`, 34 + i] as const);
	const high = Array.from({ length: 15 }, (_, i) => [i === 0 ? "RTMAX" : `RTMAX-${i}`, 64 - i] as const);
	return [...low, ...high];
}
