import type { ContainerConfig } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";

/** A container's health check with Docker's defaults, times in milliseconds. */
export interface HealthCheck {
	readonly args: readonly string[];
	readonly intervalMs: number;
	readonly timeoutMs: number;
	readonly retries: number;
	/** Failures in this time after the start do not count. */
	readonly startPeriodMs: number;
	readonly startIntervalMs: number;
}

const defaults = { intervalMs: 30_000, timeoutMs: 30_000, retries: 3, startIntervalMs: 5_000 };
const nanosPerMs = 1_000_000;

/** `undefined` when there is none or it is switched off. Errors: `invalid_argument` with Docker's texts. */
export function parseHealthCheck(config: ContainerConfig): HealthCheck | undefined {
	const { Healthcheck: check } = config;
	const [kind, ...words] = check?.Test ?? [];
	checkTimes(check);
	if (check === undefined || kind === undefined || kind === "NONE") return undefined;
	return {
		args: argsOf(kind, words, config),
		intervalMs: ms(check.Interval) || defaults.intervalMs,
		timeoutMs: ms(check.Timeout) || defaults.timeoutMs,
		retries: check.Retries || defaults.retries,
		startPeriodMs: ms(check.StartPeriod),
		startIntervalMs: ms(check.StartInterval) || defaults.startIntervalMs,
	};
}

function argsOf(kind: string, words: readonly string[], config: ContainerConfig): readonly string[] {
	switch (kind) {
		case "CMD":
			if (words.length === 0) throw invalid("Healthcheck: CMD without a command");
			return words;
		case "CMD-SHELL":
			return [...((config.Shell?.length ?? 0) > 0 ? config.Shell! : ["/bin/sh", "-c"]), words[0] ?? ""];
		default:
			throw invalid(`Unknown healthcheck type '${kind}' (expected 'CMD')`);
	}
}

function checkTimes(check: ContainerConfig["Healthcheck"]): void {
	const tooShort = (value: number | undefined) => value !== undefined && value !== 0 && value < nanosPerMs;
	for (const field of ["Interval", "Timeout", "StartPeriod", "StartInterval"] as const) {
		if (tooShort(check?.[field])) throw invalid(`${field} in Healthcheck cannot be less than 1ms`);
	}
	if ((check?.Retries ?? 0) < 0) throw invalid("Retries in Healthcheck cannot be negative");
}

function ms(nanos: number | undefined): number {
	return (nanos ?? 0) / nanosPerMs;
}

function invalid(message: string): EngineError {
	return new EngineError("invalid_argument", message);
}
