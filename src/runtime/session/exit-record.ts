import { EngineError } from "../../lib/index.ts";
import type { ExitRecord } from "../contract.ts";
import { type Field, fieldOf, numberOf, textOf } from "./fields.ts";

/** The exit record in an EXIT reply. */
export function exitRecordOf(fields: readonly Field[]): ExitRecord {
	return {
		exitCode: numberOf(fields, "exit-code"),
		oomKilled: textOf(fields, "oom-killed") === "1",
		startedAt: textOf(fields, "started-at"),
		finishedAt: textOf(fields, "finished-at"),
		...errorOf(fieldOf(fields, "error")),
	};
}

/** The exit record in `exit.json`; `corrupt` with the file's path when it is none. */
export function parseExitRecord(text: string, path: string): ExitRecord {
	const record = parseObject(text);
	const { exitCode, oomKilled, startedAt, finishedAt, error } = record ?? {};
	if (
		typeof exitCode !== "number" ||
		!Number.isInteger(exitCode) ||
		typeof oomKilled !== "boolean" ||
		typeof startedAt !== "string" ||
		typeof finishedAt !== "string"
	)
		throw new EngineError("corrupt", `exit record ${path} does not parse`);
	return { exitCode, oomKilled, startedAt, finishedAt, ...errorOf(error) };
}

const maxErrorChars = 4096;

/** It may quote a machine's console: control characters are for terminals, not for messages. */
function errorOf(text: unknown): { readonly error?: string } {
	if (typeof text !== "string" || text === "") return {};
	return { error: text.slice(0, maxErrorChars).replace(/\p{Cc}/gu, " ") };
}

function parseObject(text: string): Record<string, unknown> | undefined {
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
	} catch {
		return undefined;
	}
}
