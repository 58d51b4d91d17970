import { EngineError } from "../lib/index.ts";
import type { ImageRunConfig } from "../oci/index.ts";

type Healthcheck = NonNullable<ImageRunConfig["Healthcheck"]>;

/** `HEALTHCHECK [--interval=30s …] CMD command`, or `NONE`. https://docs.docker.com/reference/dockerfile/#healthcheck */
export function parseHealthcheck(
	text: string,
	listForm: (command: string) => string[] | undefined,
): Healthcheck {
	let rest = text;
	const options: { -readonly [K in keyof Healthcheck]: Healthcheck[K] } = {};
	for (;;) {
		const match = /^--([a-z-]+)=(\S+)\s*/.exec(rest);
		if (match === null) break;
		rest = rest.slice(match[0].length);
		applyOption(options, match[1]!, match[2]!);
	}
	const [type] = rest.split(/\s/, 1);
	const command = rest.slice(type!.length).trim();
	if (type?.toUpperCase() === "NONE") {
		if (command !== "") throw invalid("HEALTHCHECK NONE takes no arguments");
		return { Test: ["NONE"] };
	}
	if (type?.toUpperCase() !== "CMD")
		throw invalid(`Unknown type ${JSON.stringify(type)} in HEALTHCHECK (try CMD)`);
	if (command === "") throw invalid("Missing command after HEALTHCHECK CMD");
	const list = listForm(command);
	return { ...options, Test: list === undefined ? ["CMD-SHELL", command] : ["CMD", ...list] };
}

const durations: Readonly<Record<string, "Interval" | "Timeout" | "StartPeriod" | "StartInterval">> = {
	interval: "Interval",
	timeout: "Timeout",
	"start-period": "StartPeriod",
	"start-interval": "StartInterval",
};

function applyOption(options: Healthcheck, name: string, value: string): void {
	const member = durations[name];
	if (member !== undefined) options[member] = parseNanos(name, value);
	else if (name === "retries" && /^[0-9]{1,9}$/.test(value)) options.Retries = Number(value);
	else if (name === "retries") throw invalid(`invalid --retries of HEALTHCHECK: ${value}`);
	else throw invalid(`unknown flag of HEALTHCHECK: --${name}`);
}

const unitNanos: Readonly<Record<string, number>> = {
	ns: 1,
	us: 1e3,
	µs: 1e3,
	ms: 1e6,
	s: 1e9,
	m: 60e9,
	h: 3600e9,
};

/** A duration as Go writes it (`1m30s`), in nanoseconds; Docker takes nothing below a millisecond but 0. */
function parseNanos(name: string, text: string): number {
	if (text === "0") return 0;
	if (!/^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$/.test(text))
		throw invalid(`invalid --${name} of HEALTHCHECK: ${text}`);
	let nanos = 0;
	for (const [, number, unit] of text.matchAll(/([0-9.]+)([a-zµ]+)/g))
		nanos += Number(number) * unitNanos[unit!]!;
	if (nanos > 0 && nanos < 1e6) throw invalid(`Interval ${JSON.stringify(name)} cannot be less than 1ms`);
	return Math.round(nanos);
}

function invalid(message: string): EngineError {
	return new EngineError("invalid_argument", message);
}
