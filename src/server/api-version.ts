import { EngineError } from "../lib/index.ts";

/** Version of the Engine API, `1.55`. Compared part by part, not as a number: 1.9 is older than 1.24. */
export type ApiVersion = string;

export const oldestApiVersion: ApiVersion = "1.24";
export const newestApiVersion: ApiVersion = "1.55";

/** True when `version` is older than `other`. */
export function isBefore(version: ApiVersion, other: ApiVersion): boolean {
	return compare(version, other) < 0;
}

/**
 * Splits `/v1.44/containers/json` into version and path; a path without a version gets the newest. Errors:
 * `invalid_argument` with Docker's texts, which clients look for to negotiate.
 */
export function takeVersion(path: string): { version: ApiVersion; path: string } {
	const match = /^\/v([0-9.]+)(\/.*)$/.exec(path);
	if (match === null) return { version: newestApiVersion, path };
	const version = match[1]!;
	if (compare(version, newestApiVersion) > 0)
		throw new EngineError(
			"invalid_argument",
			`client version ${version} is too new. Maximum supported API version is ${newestApiVersion}`,
		);
	if (isBefore(version, oldestApiVersion))
		throw new EngineError(
			"invalid_argument",
			`client version ${version} is too old. Minimum supported API version is ${oldestApiVersion}, ` +
				"please upgrade your client to a newer version",
		);
	return { version, path: match[2]! };
}

function compare(left: ApiVersion, right: ApiVersion): number {
	const leftParts = left.split(".");
	const rightParts = right.split(".");
	const length = Math.max(leftParts.length, rightParts.length);
	for (let index = 0; index < length; index++) {
		const difference = Number(leftParts[index] || 0) - Number(rightParts[index] || 0);
		if (difference !== 0) return difference;
	}
	return 0;
}
