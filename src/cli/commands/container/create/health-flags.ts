import { parseDuration } from "../../../../api/syntax.ts";
import type { Flag } from "../../../flags/flag.ts";
import { parseInteger } from "../../../flags/values.ts";

/** How a container's health is checked, for `create`, `run` and `update`. */
export const healthFlags = [
	{ kind: "text", name: "health-cmd", help: "Command that checks health" },
	{
		kind: "text",
		name: "health-interval",
		word: "duration",
		parse: durationNanos,
		help: "Time between two checks",
	},
	{
		kind: "text",
		name: "health-on-failure",
		help: "When it becomes unhealthy (none, kill, restart, stop)",
	},
	{
		kind: "text",
		name: "health-retries",
		word: "int",
		parse: parseInteger,
		help: "Failures in a row until it counts as unhealthy",
	},
	{
		kind: "text",
		name: "health-start-interval",
		word: "duration",
		parse: durationNanos,
		help: "Time between two checks while it starts",
	},
	{
		kind: "text",
		name: "health-start-period",
		word: "duration",
		parse: durationNanos,
		help: "Time to start in, when failures do not count",
	},
	{
		kind: "text",
		name: "health-timeout",
		word: "duration",
		parse: durationNanos,
		help: "Longest a check may take",
	},
	{ kind: "switch", name: "no-healthcheck", help: "Do not run the image's health check" },
] as const satisfies readonly Flag[];

function durationNanos(text: string): number {
	return Number(parseDuration(text));
}
