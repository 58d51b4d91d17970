import { parseMemoryBytes, parseMemorySwap, parseNanoCpus } from "../../../../api/syntax.ts";
import type { Flag } from "../../../flags/flag.ts";
import { parseInteger, parseUint16 } from "../../../flags/values.ts";

/** Limits that a container is made with and that can be changed later: flags of `create`, `run` and `update`. */
export const limitFlags = [
	{
		kind: "text",
		name: "blkio-weight",
		word: "uint16",
		parse: parseUint16,
		help: "Share of block IO, 10 to 1000; 0 turns it off",
	},
	{
		kind: "text",
		name: "cpu-period",
		word: "int",
		parse: parseInteger,
		help: "Length of a CFS period, in microseconds",
	},
	{
		kind: "text",
		name: "cpu-quota",
		word: "int",
		parse: parseInteger,
		help: "CPU time in each CFS period, in microseconds",
	},
	{
		kind: "text",
		name: "cpu-rt-period",
		word: "int",
		parse: parseInteger,
		help: "Length of a real-time period, in microseconds",
	},
	{
		kind: "text",
		name: "cpu-rt-runtime",
		word: "int",
		parse: parseInteger,
		help: "Real-time CPU time in each period, in microseconds",
	},
	{
		kind: "text",
		name: "cpu-shares",
		short: "c",
		word: "int",
		parse: parseInteger,
		help: "Share of CPU when it is scarce (1024 is usual)",
	},
	{ kind: "text", name: "cpus", word: "decimal", parse: parseNanoCpus, help: "Number of CPUs, as 1.5" },
	{ kind: "text", name: "cpuset-cpus", help: "CPUs to run on (0-3, 0,1)" },
	{ kind: "text", name: "cpuset-mems", help: "Memory nodes to use (0-3, 0,1)" },
	{
		kind: "text",
		name: "memory",
		short: "m",
		word: "bytes",
		parse: parseMemoryBytes,
		help: "Most memory to use",
	},
	{
		kind: "text",
		name: "memory-reservation",
		word: "bytes",
		parse: parseMemoryBytes,
		help: "Memory to shrink to when the host is short of it",
	},
	{
		kind: "text",
		name: "memory-swap",
		word: "bytes",
		parse: parseMemorySwap,
		help: "Most memory and swap together; -1 for any amount of swap",
	},
	{
		kind: "text",
		name: "pids-limit",
		word: "int",
		parse: parseInteger,
		help: "Most processes; -1 for no limit",
	},
] as const satisfies readonly Flag[];
