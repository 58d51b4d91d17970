import { parseCommandLine } from "./command-line.ts";
import type { HealthCheck } from "./commands.ts";
import type { ParsedFlags } from "./flags.ts";
import type { Refuse } from "./refuse.ts";

const units: Readonly<Record<string, number>> = {
	ns: 1,
	us: 1e3,
	µs: 1e3,
	μs: 1e3,
	ms: 1e6,
	s: 1e9,
	m: 60e9,
	h: 3600e9,
};

/** `NONE`, or `CMD` with a command. Times that are left out are 0: the engine's defaults. */
export function parseHealthCheck(rest: string, flags: ParsedFlags, refuse: Refuse): HealthCheck {
	const [kind = "", command = ""] = splitFirst(rest);
	const times = {
		intervalNanos: duration(flags, "interval", refuse),
		timeoutNanos: duration(flags, "timeout", refuse),
		startPeriodNanos: duration(flags, "start-period", refuse),
		startIntervalNanos: duration(flags, "start-interval", refuse),
		retries: retries(flags, refuse),
	};
	switch (kind.toUpperCase()) {
		case "NONE":
			if (command !== "") return refuse("HEALTHCHECK NONE takes no arguments", command);
			return times;
		case "CMD":
			if (command === "") return refuse("missing command after HEALTHCHECK CMD", kind);
			return { ...times, command: parseCommandLine(command, refuse) };
		case "":
			return refuse("HEALTHCHECK requires at least one argument", "HEALTHCHECK");
		default:
			return refuse(`unknown type "${kind.toUpperCase()}" in HEALTHCHECK (try CMD)`, kind);
	}
}

function splitFirst(text: string): [string, string] {
	const match = /^(\S*)\s*(.*)$/s.exec(text.trim())!;
	return [match[1]!, match[2]!];
}

function duration(flags: ParsedFlags, name: string, refuse: Refuse): number {
	const text = flags.text(name);
	if (text === undefined || text === "0") return 0;
	if (!/^(?:\d+(?:\.\d+)?(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text))
		return refuse(`invalid duration "${text}" of --${name}`, text);
	let nanos = 0;
	for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h)/g))
		nanos += Number(amount) * units[unit!]!;
	if (nanos > 0 && nanos < 1e6)
		return refuse(`interval "${text}" of --${name} cannot be less than 1ms`, text);
	return nanos;
}

function retries(flags: ParsedFlags, refuse: Refuse): number {
	const text = flags.text("retries") ?? "";
	if (text === "") return 0;
	if (!/^\d{1,9}$/.test(text)) return refuse(`--retries must be at least 0, not ${text}`, text);
	return Number(text);
}
