import type { Platform } from "../../oci/index.ts";
import { formatPlatform } from "../../oci/index.ts";

/** Arguments that say what is built and where. Dockerfile reference, "Automatic platform ARGs in the global scope". */
export function platformArguments(build: Platform, target: Platform, stage: string): Map<string, string> {
	return new Map([...named("BUILD", build), ...named("TARGET", target), ["TARGETSTAGE", stage]]);
}

function named(prefix: string, platform: Platform): [string, string][] {
	return [
		[`${prefix}PLATFORM`, formatPlatform(platform)],
		[`${prefix}OS`, platform.os],
		[`${prefix}ARCH`, platform.architecture],
		[`${prefix}VARIANT`, platform.variant ?? ""],
	];
}
