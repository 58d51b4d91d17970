import type { ContainerCreateRequest } from "../../../../api/index.ts";
import type { CommandInput } from "../../../flags/command.ts";
import type { healthFlags } from "./health-flags.ts";

const settings = [
	["health-interval", "Interval"],
	["health-timeout", "Timeout"],
	["health-start-period", "StartPeriod"],
	["health-start-interval", "StartInterval"],
	["health-retries", "Retries"],
] as const;

/** `undefined` when the image's own check stays as it is. Times are nanoseconds. */
export function healthcheck(
	flags: CommandInput<typeof healthFlags>["flags"],
	given: ReadonlySet<string>,
): ContainerCreateRequest["Healthcheck"] {
	const command = flags["health-cmd"];
	const changed = settings.filter(([flag]) => given.has(flag));
	const used = changed.length > 0 || (command !== undefined && command !== "");
	if (flags["no-healthcheck"]) {
		if (used) throw new Error("--no-healthcheck conflicts with --health-* options");
		return { Test: ["NONE"] };
	}
	if (!used) return undefined;
	for (const [flag] of changed) if (flags[flag]! < 0) throw new Error(`--${flag} cannot be negative`);
	return {
		...(command === undefined || command === "" ? {} : { Test: ["CMD-SHELL", command] }),
		...Object.fromEntries(changed.map(([flag, field]) => [field, flags[flag]])),
	};
}
