import type { BuildLimits } from "../../../builder/index.ts";
import { EngineError } from "../../../lib/index.ts";
import { familiarReference, parseReference, withDefaultTag } from "../../../oci/index.ts";

/** What both routes ask of a build in the same words. Errors of all: `invalid_argument`, `not_implemented`. */

export const defaultShmBytes = 64 * 1024 * 1024;

export function buildNetwork(name: string | undefined): "default" | "none" | "host" {
	if (name === undefined || name === "" || name === "bridge" || name === "default") return "default";
	if (name === "none" || name === "host") return name;
	throw new EngineError(
		"not_implemented",
		`network ${JSON.stringify(name)} is not supported by builds: it is default, none or host`,
	);
}

export function buildIsolation(name: string | undefined): "process" | "vm" {
	if (name === undefined || name === "" || name === "default" || name === "process") return "process";
	if (name === "vm") return name;
	throw new EngineError("invalid_argument", `isolation ${JSON.stringify(name)}: it is process or vm`);
}

/** Names with their tag, each once, as users read them. */
export function imageNames(names: readonly string[]): string[] {
	const parsed = names
		.filter((name) => name !== "")
		.map((name) => {
			const reference = parseReference(name);
			if (reference.digest !== undefined)
				throw new EngineError("invalid_argument", "build tag cannot contain a digest");
			return familiarReference(withDefaultTag(reference));
		});
	return [...new Set(parsed)];
}

export interface AskedLimits {
	readonly memory?: number | undefined;
	readonly memorySwap?: number | undefined;
	readonly cpuShares?: number | undefined;
	readonly cpuPeriod?: number | undefined;
	readonly cpuQuota?: number | undefined;
	readonly cpusetCpus?: string | undefined;
	readonly cpusetMems?: string | undefined;
	readonly cgroupParent?: string | undefined;
	readonly ulimits: BuildLimits["ulimits"];
}

export function buildLimits(asked: AskedLimits): BuildLimits {
	for (const name of ["memory", "cpuShares", "cpuPeriod"] as const)
		if ((asked[name] ?? 0) < 0) throw new EngineError("invalid_argument", `${name} of a build is below zero`);
	return {
		memoryBytes: asked.memory ?? 0,
		memorySwapBytes: asked.memorySwap ?? 0,
		cpuShares: asked.cpuShares ?? 0,
		cpuPeriod: asked.cpuPeriod ?? 0,
		cpuQuota: asked.cpuQuota ?? 0,
		cpusetCpus: asked.cpusetCpus ?? "",
		cpusetMems: asked.cpusetMems ?? "",
		cgroupParent: asked.cgroupParent ?? "",
		ulimits: asked.ulimits,
	};
}

export function shmBytes(asked: number | undefined): number {
	if (asked === undefined || asked === 0) return defaultShmBytes;
	if (asked > 0) return asked;
	throw new EngineError("invalid_argument", "SHM size can not be less than 0");
}

const letters = "abcdefghijklmnopqrstuvwxyz0123456789";

/** What a build is called that nobody gave an id. */
export function newBuildId(): string {
	return Array.from(crypto.getRandomValues(new Uint8Array(25)), (byte) => letters[byte % 36]).join("");
}

const maxIdLength = 256;

export function buildId(given: string | undefined): string {
	if (given === undefined || given === "") return newBuildId();
	if (given.length > maxIdLength || !/^[\w.-]+$/.test(given))
		throw new EngineError("invalid_argument", `invalid build ID ${JSON.stringify(given.slice(0, 80))}`);
	return given;
}
