import type { Operation } from "../api/index.ts";
import { EngineError } from "../lib/index.ts";

export interface Match<Target> {
	readonly target: Target;
	readonly params: Readonly<Record<string, string>>;
}

/**
 * Finds what serves a method and path. Not one of the router libraries: names of images hold slashes
 * (`/images/registry:5000/a/b/json`), and a parameter that spans segments in mid-path is what they cannot do.
 */
export function createRouter<Target extends { readonly operation: Operation }>(
	targets: readonly Target[],
): (method: string, path: string) => Match<Target> | undefined {
	const groups = new Map<string, Pattern<Target>[]>();
	for (const target of targets) {
		const key = groupOf(target.operation.method, target.operation.path);
		groups.set(key, [...(groups.get(key) ?? []), patternOf(target)]);
	}
	// Fixed segments go before parameters: /images/json is the list, not the image `json`.
	for (const patterns of groups.values()) patterns.sort((a, b) => b.fixedSegments - a.fixedSegments);

	return (method, path) => {
		for (const pattern of groups.get(groupOf(method, path)) ?? []) {
			const match = pattern.expression.exec(path);
			if (match !== null) return { target: pattern.target, params: decodeParams(match.groups ?? {}) };
		}
		return undefined;
	};
}

interface Pattern<Target> {
	readonly expression: RegExp;
	readonly fixedSegments: number;
	readonly target: Target;
}

function groupOf(method: string, path: string): string {
	return `${method} ${path.split("/", 2)[1]}`;
}

function patternOf<Target extends { readonly operation: Operation }>(target: Target): Pattern<Target> {
	const segments = target.operation.path.split("/").slice(1);
	const expression = segments.map((segment) => `/${expressionOf(segment)}`).join("");
	return {
		expression: new RegExp(`^${expression}$`),
		fixedSegments: segments.filter((segment) => !segment.startsWith(":")).length,
		target,
	};
}

function expressionOf(segment: string): string {
	if (segment === ":name") return "(?<name>.+)";
	if (segment.startsWith(":")) return `(?<${segment.slice(1)}>[^/]+)`;
	return segment;
}

function decodeParams(groups: Readonly<Record<string, string>>): Record<string, string> {
	const params: Record<string, string> = {};
	for (const [name, value] of Object.entries(groups)) params[name] = decode(value);
	return params;
}

function decode(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch (cause) {
		throw new EngineError("invalid_argument", `invalid URL escape in ${JSON.stringify(text)}`, { cause });
	}
}
