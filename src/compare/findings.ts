import { EngineError } from "../lib/index.ts";
import { type Work, type WorkName, workNames } from "./report.ts";

/** What one run of the probe said. */
export interface Findings {
	readonly facts: ReadonlyMap<string, string>;
	/** `allowed`, or the name of an errno. */
	readonly checks: ReadonlyMap<string, string>;
	readonly work: ReadonlyMap<WorkName, Work>;
}

/** A line and when it came, milliseconds of any clock that only goes forward. */
export interface TimedLine {
	readonly text: string;
	readonly atMs: number;
}

const maxLines = 500;
const maxBytes = 64 * 1024;

/**
 * Reads the probe's lines (`native/probe/probe.h`). It ran in somebody's image: what does not parse is `corrupt`, and
 * what it says is taken as text. The time of work is that between its two lines, by our own clock.
 */
export function parseFindings(lines: readonly TimedLine[]): Findings {
	const facts = new Map<string, string>();
	const checks = new Map<string, string>();
	const work = new Map<WorkName, Work>();
	const begun = new Map<string, number>();
	for (const { text, atMs } of lines) {
		const [kind, name = "", value = "", ...rest] = text.split("\t");
		if (rest.length > 0 || !/^[a-z0-9-]{1,40}$/.test(name)) throw unreadable(text);
		if (kind === "fact") facts.set(name, printable(value));
		else if (kind === "check" && /^(allowed|E[A-Z0-9]{1,20})$/.test(value)) checks.set(name, value);
		else if (kind === "begin") begun.set(name, atMs);
		else if (kind === "end")
			work.set(workName(name, text), workOf(value, atMs - (begun.get(name) ?? Number.NaN), text));
		else if (kind === "failed")
			throw new EngineError("runtime_failed", `the probe's ${name} failed: ${value}`);
		else throw unreadable(text);
	}
	return { facts, checks, work };
}

/** It is shown on a terminal. */
function printable(text: string): string {
	return text.replace(/[\p{Cc}\p{Cf}]/gu, " ").slice(0, 512);
}

function workName(name: string, text: string): WorkName {
	const known = workNames.find((candidate) => candidate === name);
	if (known === undefined) throw unreadable(text);
	return known;
}

function workOf(value: string, ms: number, text: string): Work {
	if (!/^\d{1,15}$/.test(value) || !(ms >= 0)) throw unreadable(text);
	// Two lines in one piece: shorter than can be told.
	const atLeastMs = Math.max(ms, 0.001);
	return { units: Number(value), ms: atLeastMs, perSecond: (Number(value) * 1000) / atLeastMs };
}

function unreadable(text: string): EngineError {
	return new EngineError(
		"corrupt",
		`the probe said what it never says: ${JSON.stringify(text.slice(0, 100))}`,
	);
}

/** Cuts output into lines and notes when each came. `corrupt` when there is far more than the probe ever says. */
export async function readTimedLines(output: AsyncIterable<Uint8Array>): Promise<TimedLine[]> {
	const decoder = new TextDecoder();
	const lines: TimedLine[] = [];
	let rest = "";
	let bytes = 0;
	for await (const chunk of output) {
		const atMs = performance.now();
		bytes += chunk.length;
		const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
		rest = parts.pop()!;
		for (const text of parts) lines.push({ text, atMs });
		if (bytes > maxBytes || lines.length > maxLines)
			throw new EngineError("corrupt", "the probe said far more than it ever says");
	}
	return lines;
}
