import { parseDuration, parseMemoryBytes } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";

/** When images that nobody uses are collected, and which. */
export interface CollectionPolicy {
	/** Look by itself, every `intervalMs`; else only when asked. */
	readonly enabled: boolean;
	readonly intervalMs: number;
	/** What was not used for so long goes; `undefined`: age is no reason. */
	readonly maxAgeMs: number | undefined;
	/** From above this mark what was used longest ago goes until the lower one is reached. */
	readonly marks: { readonly high: Mark; readonly low: Mark } | undefined;
	/** What was used within this time stays, however full the disk is. */
	readonly minAgeMs: number;
	/** Names that stay, as patterns: `registry.lan/base/*`. */
	readonly keep: readonly string[];
}

/** A share of the file system, of all that is on it; or bytes that images take. */
export type Mark =
	| { readonly kind: "share"; readonly percent: number }
	| { readonly kind: "bytes"; readonly bytes: number };

export const defaultPolicy: CollectionPolicy = {
	enabled: false,
	intervalMs: 5 * 60_000,
	maxAgeMs: undefined,
	marks: undefined,
	minAgeMs: 10 * 60_000,
	keep: [],
};

const members = ["enabled", "interval", "max-age", "high-water", "low-water", "min-age", "keep"] as const;

/** The `gc` member of the configuration. `invalid_argument` names the member; `where` is the file and the way to it. */
export function parseCollectionPolicy(value: unknown, where: string): CollectionPolicy {
	if (typeof value !== "object" || value === null || Array.isArray(value))
		throw invalid(`${where}: expected an object`);
	const object = value as Record<string, unknown>;
	for (const key of Object.keys(object))
		if (!(members as readonly string[]).includes(key))
			throw invalid(`${where}: unknown key ${JSON.stringify(key)}`);
	const { enabled = true, keep = [] } = object;
	if (typeof enabled !== "boolean") throw invalid(`${where}.enabled: expected true or false`);
	if (!Array.isArray(keep) || !keep.every((name) => typeof name === "string"))
		throw invalid(`${where}.keep: expected a list of names`);
	const text = (key: (typeof members)[number]) => {
		const member = object[key];
		if (member === undefined || typeof member === "string") return member;
		throw invalid(`${where}.${key}: expected a text`);
	};
	const policy = applyLimits(
		{ ...defaultPolicy, enabled, keep },
		{ maxAge: text("max-age"), highWater: text("high-water"), lowWater: text("low-water"), where },
	);
	const interval = text("interval");
	const minAge = text("min-age");
	const complete = {
		...policy,
		...(interval === undefined ? {} : { intervalMs: parseMs(interval, `${where}.interval`) }),
		...(minAge === undefined ? {} : { minAgeMs: parseMs(minAge, `${where}.min-age`) }),
	};
	if (complete.intervalMs < 1000) throw invalid(`${where}.interval: expected a second or more`);
	if (enabled && complete.maxAgeMs === undefined && complete.marks === undefined)
		throw invalid(`${where}: expected max-age, or high-water and low-water`);
	return complete;
}

export interface LimitTexts {
	readonly maxAge?: string | undefined;
	readonly highWater?: string | undefined;
	readonly lowWater?: string | undefined;
	/** Names the place in errors. */
	readonly where: string;
}

/** A policy with other limits, as texts: `720h`, `85%`, `50g`. The lower mark is by default nine tenths of the upper. */
export function applyLimits(policy: CollectionPolicy, texts: LimitTexts): CollectionPolicy {
	const { maxAge, highWater, lowWater, where } = texts;
	if (lowWater !== undefined && highWater === undefined)
		throw invalid(`${where}: a low-water mark needs a high-water mark`);
	return {
		...policy,
		...(maxAge === undefined ? {} : { maxAgeMs: parseMs(maxAge, `${where}.max-age`) }),
		...(highWater === undefined ? {} : { marks: parseMarks(highWater, lowWater, where) }),
	};
}

function parseMarks(highText: string, lowText: string | undefined, where: string) {
	const high = parseMark(highText, `${where}.high-water`);
	const low = lowText === undefined ? ninetyPercentOf(high) : parseMark(lowText, `${where}.low-water`);
	if (high.kind !== low.kind)
		throw invalid(`${where}: high-water and low-water must both be shares or both be sizes`);
	if (amount(low) > amount(high)) throw invalid(`${where}: low-water must not be above high-water`);
	return { high, low };
}

function parseMark(text: string, where: string): Mark {
	const percent = /^([0-9]{1,3}(?:\.[0-9]+)?)%$/.exec(text)?.[1];
	if (percent !== undefined) {
		if (Number(percent) > 100) throw invalid(`${where} ${text}: more than all`);
		return { kind: "share", percent: Number(percent) };
	}
	try {
		const bytes = parseMemoryBytes(text);
		if (bytes >= 0) return { kind: "bytes", bytes };
	} catch {
		// The same error as for a size below zero.
	}
	throw invalid(`${where} ${text}: expected a share of the disk like 85% or a size like 50g`);
}

function ninetyPercentOf(mark: Mark): Mark {
	return mark.kind === "share"
		? { kind: "share", percent: mark.percent * 0.9 }
		: { kind: "bytes", bytes: Math.trunc(mark.bytes * 0.9) };
}

function amount(mark: Mark): number {
	return mark.kind === "share" ? mark.percent : mark.bytes;
}

function parseMs(text: string, where: string): number {
	try {
		const nanos = parseDuration(text);
		if (nanos >= 0n) return Number(nanos / 1_000_000n);
	} catch {
		// The same error as for a time below zero.
	}
	throw invalid(`${where} ${text}: expected a time like 720h or 90m`);
}

function invalid(message: string): EngineError {
	return new EngineError("invalid_argument", message);
}
