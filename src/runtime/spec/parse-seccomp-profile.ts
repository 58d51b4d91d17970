import { EngineError } from "../../lib/index.ts";
import type { SeccompConditions, SeccompProfile, SeccompRule } from "./seccomp-types.ts";

/**
 * Reads a user's profile: Docker's JSON (`archMap`, `includes`, `excludes`) or the runtime spec's own form.
 * Errors: `invalid_argument` that names the member that is wrong or not known.
 */
export function parseSeccompProfile(json: string): SeccompProfile {
	const raw = record(parseJson(json), "profile");
	assertKnown(raw, "profile", [
		"defaultAction",
		"defaultErrnoRet",
		"architectures",
		"archMap",
		"syscalls",
		"flags",
		"listenerPath",
		"listenerMetadata",
	]);
	for (const member of ["flags", "listenerPath", "listenerMetadata"])
		if (raw[member] !== undefined) throw unsupported(member);
	const profile: { -readonly [Key in keyof SeccompProfile]: SeccompProfile[Key] } = {
		defaultAction: action(raw["defaultAction"], "defaultAction"),
		rules: list(raw["syscalls"] ?? [], "syscalls").flatMap((rule, i) => parseRule(rule, `syscalls[${i}]`)),
	};
	if (raw["defaultErrnoRet"] !== undefined)
		profile.defaultErrnoRet = integer(raw["defaultErrnoRet"], "defaultErrnoRet");
	if (raw["architectures"] !== undefined && raw["archMap"] !== undefined)
		throw invalid("'architectures' and 'archMap' were specified, use either of them");
	if (raw["architectures"] !== undefined)
		profile.architectures = strings(raw["architectures"], "architectures");
	if (raw["archMap"] !== undefined)
		profile.archMap = list(raw["archMap"], "archMap").map((entry, i) =>
			parseArchitecture(entry, `archMap[${i}]`),
		);
	return profile;
}

function parseJson(json: string): unknown {
	try {
		return JSON.parse(json);
	} catch (cause) {
		throw new EngineError("invalid_argument", `Decoding seccomp profile failed: ${(cause as Error).message}`);
	}
}

function parseArchitecture(value: unknown, where: string): NonNullable<SeccompProfile["archMap"]>[number] {
	const raw = record(value, where);
	assertKnown(raw, where, ["architecture", "subArchitectures"]);
	return {
		architecture: text(raw["architecture"], `${where}.architecture`),
		subArchitectures: strings(raw["subArchitectures"] ?? [], `${where}.subArchitectures`),
	};
}

function parseRule(value: unknown, where: string): SeccompRule {
	const raw = record(value, where);
	const known = ["name", "names", "action", "errnoRet", "args", "comment", "includes", "excludes"];
	assertKnown(raw, where, known);
	if (raw["name"] !== undefined && raw["names"] !== undefined)
		throw invalid(`${where}: 'name' and 'names' were specified, use either of them`);
	const names =
		raw["name"] !== undefined ? [text(raw["name"], `${where}.name`)] : strings(raw["names"], where);
	return {
		names,
		action: action(raw["action"], `${where}.action`),
		...(raw["errnoRet"] === undefined ? {} : { errnoRet: integer(raw["errnoRet"], `${where}.errnoRet`) }),
		...(raw["args"] == null
			? {}
			: {
					args: list(raw["args"], `${where}.args`).map((arg, i) => parseArgument(arg, `${where}.args[${i}]`)),
				}),
		includes: parseConditions(raw["includes"], `${where}.includes`),
		excludes: parseConditions(raw["excludes"], `${where}.excludes`),
	};
}

function parseArgument(value: unknown, where: string): NonNullable<SeccompRule["args"]>[number] {
	const raw = record(value, where);
	assertKnown(raw, where, ["index", "value", "valueTwo", "op"]);
	const op = text(raw["op"], `${where}.op`);
	if (!/^SCMP_CMP_(NE|LT|LE|EQ|GE|GT|MASKED_EQ)$/.test(op))
		throw invalid(`${where}.op: unknown operator ${op}`);
	return {
		index: integer(raw["index"], `${where}.index`),
		value: integer(raw["value"], `${where}.value`),
		...(raw["valueTwo"] === undefined ? {} : { valueTwo: integer(raw["valueTwo"], `${where}.valueTwo`) }),
		op,
	};
}

function parseConditions(value: unknown, where: string): SeccompConditions | undefined {
	if (value == null) return undefined;
	const raw = record(value, where);
	assertKnown(raw, where, ["arches", "caps", "minKernel"]);
	return {
		arches: strings(raw["arches"] ?? [], `${where}.arches`),
		caps: strings(raw["caps"] ?? [], `${where}.caps`),
		...(raw["minKernel"] === undefined ? {} : { minKernel: text(raw["minKernel"], `${where}.minKernel`) }),
	};
}

function action(value: unknown, where: string): string {
	const name = text(value, where);
	if (name === "SCMP_ACT_NOTIFY") throw unsupported(name);
	if (!/^SCMP_ACT_(KILL|KILL_PROCESS|KILL_THREAD|TRAP|ERRNO|TRACE|ALLOW|LOG)$/.test(name))
		throw invalid(`${where}: unknown action ${JSON.stringify(name)}`);
	return name;
}

function record(value: unknown, where: string): Record<string, unknown> {
	if (typeof value !== "object" || value === null || Array.isArray(value))
		throw invalid(`${where}: expected an object`);
	return value as Record<string, unknown>;
}

function list(value: unknown, where: string): unknown[] {
	if (!Array.isArray(value)) throw invalid(`${where}: expected a list`);
	return value;
}

function strings(value: unknown, where: string): string[] {
	return list(value, where).map((item, index) => text(item, `${where}[${index}]`));
}

function text(value: unknown, where: string): string {
	if (typeof value !== "string") throw invalid(`${where}: expected a string`);
	return value;
}

function integer(value: unknown, where: string): number {
	if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
		throw invalid(`${where}: expected an integer from 0 to 2⁵³ - 1`);
	return value;
}

function assertKnown(raw: Record<string, unknown>, where: string, known: readonly string[]): void {
	const unknown = Object.keys(raw).find((member) => !known.includes(member));
	if (unknown !== undefined) throw invalid(`${where}: unknown member ${JSON.stringify(unknown)}`);
}

function unsupported(what: string): EngineError {
	return new EngineError("not_implemented", `seccomp profile: ${what} is not supported`);
}

function invalid(problem: string): EngineError {
	return new EngineError("invalid_argument", `invalid seccomp profile: ${problem}`);
}
