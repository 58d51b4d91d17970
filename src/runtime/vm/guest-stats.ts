import type { InterfaceCounters, TaskStats } from "../contract.ts";
import { type Field, fieldOf } from "../session/index.ts";

/** The readings of STATS, which come from inside. Bounded: what is no number counts as zero. */
export function parseGuestStats(fields: readonly Field[]): TaskStats {
	const number = (key: string) => readNumber(fieldOf(fields, key));
	const micros = (key: string) => number(key) * 1000;
	return {
		readAt: new Date(),
		cpu: {
			totalNanos: micros("cpu-usage-usec"),
			userNanos: micros("cpu-user-usec"),
			systemNanos: micros("cpu-system-usec"),
			perCpuNanos: [],
			throttling: {
				periods: number("cpu-nr-periods"),
				throttledPeriods: number("cpu-nr-throttled"),
				throttledNanos: micros("cpu-throttled-usec"),
			},
		},
		memory: {
			usageBytes: number("memory-current"),
			maxUsageBytes: number("memory-peak"),
			limitBytes: number("memory-max") || number("mem-total"),
			failCount: number("memory-fail"),
			stat: memoryStat(fields),
		},
		pids: { current: number("pids-current"), limit: number("pids-max") },
		blkio: fields.filter(([key]) => key === "io").flatMap(([, line]) => parseIoLine(line)),
		networks: parseInterfaces(fields),
		cgroupVersion: 2,
	};
}

/** `max` is no limit: 0. */
function readNumber(text: string | undefined): number {
	return text !== undefined && /^\d{1,19}$/.test(text) ? Number(text) : 0;
}

function memoryStat(fields: readonly Field[]): Record<string, number> {
	const stat: Record<string, number> = {};
	for (const [key, value] of fields) {
		const match = key === "memory-stat" ? /^(\w{1,64}) (\d{1,19})$/.exec(value) : null;
		if (match !== null) stat[match[1]!] = Number(match[2]);
	}
	return stat;
}

/** `254:0 rbytes=1 wbytes=2 rios=3 wios=4 …`, a line of io.stat. */
function parseIoLine(line: string): TaskStats["blkio"][number][] {
	const numbers = /^(\d{1,4}):(\d{1,7}) /.exec(line);
	if (numbers === null) return [];
	const value = (key: string) => readNumber(new RegExp(` ${key}=(\\d{1,19})(?: |$)`).exec(line)?.[1]);
	const device = { major: Number(numbers[1]), minor: Number(numbers[2]) };
	return [
		{ ...device, op: "read", bytes: value("rbytes"), ios: value("rios") },
		{ ...device, op: "write", bytes: value("wbytes"), ios: value("wios") },
	];
}

function parseInterfaces(fields: readonly Field[]): Record<string, InterfaceCounters> {
	const groups: Field[][] = [];
	for (const field of fields) {
		if (field[0] === "interface") groups.push([field]);
		else if (/^[rt]x-/.test(field[0])) groups.at(-1)?.push(field);
	}
	const counters = groups
		.filter(([first]) => first![1] !== "lo")
		.map((group) => [group[0]![1], parseCounters(group)]);
	return Object.fromEntries(counters) as Record<string, InterfaceCounters>;
}

function parseCounters(group: readonly Field[]): InterfaceCounters {
	const number = (key: string) => readNumber(fieldOf(group, key));
	return {
		rxBytes: number("rx-bytes"),
		rxPackets: number("rx-packets"),
		rxErrors: number("rx-errors"),
		rxDropped: number("rx-dropped"),
		txBytes: number("tx-bytes"),
		txPackets: number("tx-packets"),
		txErrors: number("tx-errors"),
		txDropped: number("tx-dropped"),
	};
}
