import { readFileSync } from "node:fs";
import { isAbsolute } from "node:path";
import { EngineError } from "../lib/index.ts";
import { canonicalName, parseReference, type Reference } from "../oci/index.ts";
import type { TrustPolicy, TrustRule } from "./contract.ts";

export const openPolicy: TrustPolicy = { default: "accept", archives: "accept", rules: [] };

const maxPolicyBytes = 1024 * 1024;
const ruleMembers: readonly string[] = ["match", "action", "keys", "name", "annotations"];

/** Reads and checks the policy file. Keys that it names by a path become their PEM. `invalid_argument`. */
export function readTrustPolicy(path: string): TrustPolicy {
	return parseTrustPolicy(readText(path), path);
}

/** @param what names the policy in errors. */
export function parseTrustPolicy(text: string, what: string): TrustPolicy {
	if (text.length > maxPolicyBytes)
		throw new EngineError("invalid_argument", `${what}: too long for a policy`);
	const wrong = (where: string, wanted: string) =>
		new EngineError("invalid_argument", `${what}: ${where}: expected ${wanted}`);
	const document = parseObject(text, what);
	const decision = (key: string): "accept" | "refuse" => {
		const value = document[key] ?? "accept";
		if (value !== "accept" && value !== "refuse") throw wrong(key, '"accept" or "refuse"');
		return value;
	};
	for (const key of Object.keys(document))
		if (!["default", "archives", "rules"].includes(key)) throw wrong(key, "no such member");
	const rules = document["rules"] ?? [];
	if (!Array.isArray(rules)) throw wrong("rules", "a list");
	const parsed = rules.map((rule, index) =>
		parseRule(rule, (member, wanted) => wrong(`rules[${index}]${member}`, wanted)),
	);
	const twice = parsed.find(({ match }, index) => parsed.findIndex((other) => other.match === match) < index);
	if (twice !== undefined) throw wrong("rules", `one rule for ${twice.match}`);
	return { default: decision("default"), archives: decision("archives"), rules: parsed };
}

/** The rule with the longest match for a name; `undefined` when there is none. */
export function ruleFor({ rules }: TrustPolicy, reference: Reference): TrustRule | undefined {
	const name = canonicalName(reference);
	let best: TrustRule | undefined;
	for (const rule of rules) {
		const prefix = rule.match.replace(/\/\*$/, "");
		const matches = rule.match === name || (isFolder(rule.match) && name.startsWith(`${prefix}/`));
		if (matches && rule.match.length > (best?.match.length ?? 0)) best = rule;
	}
	return best;
}

/** A registry alone, or what ends with `/*`. */
function isFolder(match: string): boolean {
	return match.endsWith("/*") || !match.includes("/");
}

type Wrong = (member: string, wanted: string) => EngineError;

function parseRule(rule: unknown, wrong: Wrong): TrustRule {
	if (!isObject(rule)) throw wrong("", "an object");
	for (const key of Object.keys(rule))
		if (!ruleMembers.includes(key)) throw wrong(`.${key}`, "no such member");
	const { match, action, keys, name, annotations } = rule;
	if (typeof match !== "string" || !isMatch(match))
		throw wrong(".match", "a registry, a repository with its registry, or either with /* at its end");
	if (action === "accept" || action === "refuse") {
		for (const key of ["keys", "name", "annotations"])
			if (rule[key] !== undefined) throw wrong(`.${key}`, 'this only with "action": "signed"');
		return { match, action };
	}
	if (action !== "signed") throw wrong(".action", '"accept", "refuse" or "signed"');
	if (!Array.isArray(keys) || keys.length === 0 || !keys.every((key) => typeof key === "string"))
		throw wrong(".keys", "at least one public key, in PEM or as an absolute path");
	if (name !== undefined && name !== "repository" && name !== "any")
		throw wrong(".name", '"repository" or "any"');
	if (annotations !== undefined && !isTexts(annotations)) throw wrong(".annotations", "names with texts");
	return {
		match,
		action,
		keys: keys.map((key: string) => readKey(key, wrong)),
		...(name === undefined ? {} : { name }),
		...(annotations === undefined ? {} : { annotations }),
	};
}

/** `docker.io` must be spelt out: a policy with a name that somebody meant otherwise protects nothing. */
function isMatch(match: string): boolean {
	const bare = match.replace(/\/\*$/, "");
	const [domain = "", ...path] = bare.split("/");
	if (!/[.:]/.test(domain) && domain !== "localhost") return false;
	try {
		const reference = parseReference(path.length === 0 ? `${domain}/x` : bare);
		return (
			reference.tag === undefined &&
			reference.digest === undefined &&
			(path.length === 0 || match.endsWith("/*") || canonicalName(reference) === bare)
		);
	} catch {
		return false;
	}
}

function readKey(key: string, wrong: Wrong): string {
	if (key.includes("-----BEGIN ")) return key;
	if (!isAbsolute(key)) throw wrong(".keys", `an absolute path or a key in PEM, not ${JSON.stringify(key)}`);
	return readText(key);
}

function readText(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch (cause) {
		throw new EngineError("invalid_argument", `${path}: ${(cause as Error).message}`, { cause });
	}
}

function parseObject(text: string, what: string): Record<string, unknown> {
	try {
		const value: unknown = JSON.parse(text);
		if (isObject(value)) return value;
	} catch (cause) {
		throw new EngineError("invalid_argument", `${what}: ${(cause as Error).message}`, { cause });
	}
	throw new EngineError("invalid_argument", `${what}: expected one JSON object`);
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is Record<string, string> {
	return isObject(value) && Object.values(value).every((text) => typeof text === "string");
}
