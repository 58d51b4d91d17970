import { EngineError } from "../../lib/index.ts";
import type { Process, Uint64 } from "../../oci/index.ts";
import type { SpecHost, Ulimit } from "./input.ts";

type Rlimits = NonNullable<Process["rlimits"]>;

/** Names that `--ulimit` takes, as setrlimit(2) has them. */
const names = new Set([
	"core",
	"cpu",
	"data",
	"fsize",
	"locks",
	"memlock",
	"msgqueue",
	"nice",
	"nofile",
	"nproc",
	"rss",
	"rtprio",
	"rttime",
	"sigpending",
	"stack",
]);

/**
 * Limits of the container's processes. Without CAP_SYS_RESOURCE the daemon cannot raise a hard limit above its own:
 * a default of the configuration is then left out with a warning, one that the user asked for is an error
 * (`invalid_argument`) that names it.
 */
export function containerRlimits(
	ulimits: readonly Ulimit[],
	host: SpecHost,
): { readonly rlimits: Rlimits; readonly warnings: readonly string[] } {
	const rlimits: Rlimits = [];
	const warnings: string[] = [];
	for (const ulimit of ulimits) {
		assertSound(ulimit);
		const obstacle = obstacleTo(ulimit, host);
		if (obstacle === undefined) rlimits.push(rlimitOf(ulimit));
		else if (ulimit.origin === "user") throw new EngineError("invalid_argument", obstacle);
		else warnings.push(`${obstacle}. Limit discarded.`);
	}
	return { rlimits, warnings };
}

function assertSound({ name, soft, hard }: Ulimit): void {
	if (!names.has(name)) throw new EngineError("invalid_argument", `invalid ulimit type: ${name}`);
	if (hard !== -1 && (soft === -1 || soft > hard))
		throw new EngineError(
			"invalid_argument",
			`ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`,
		);
}

function obstacleTo({ name, hard }: Ulimit, host: SpecHost): string | undefined {
	if (host.capabilities.has("CAP_SYS_RESOURCE")) return undefined;
	const own = host.rlimits.get(name);
	if (own === undefined || own.hard === -1 || (hard !== -1 && hard <= own.hard)) return undefined;
	return (
		`ulimit ${name}=${hard} cannot be set: the daemon's own hard limit is ${own.hard} ` +
		"and it lacks CAP_SYS_RESOURCE to raise it"
	);
}

function rlimitOf({ name, soft, hard }: Ulimit): Rlimits[number] {
	return { type: `RLIMIT_${name.toUpperCase()}`, hard: amount(hard), soft: amount(soft) };
}

/** RLIM_INFINITY, 2⁶⁴ - 1: written as digits, because a double cannot hold it. */
export const unlimited = (JSON as unknown as { rawJSON(text: string): Uint64 }).rawJSON(
	"18446744073709551615",
);

function amount(limit: number): Uint64 {
	return limit === -1 ? unlimited : limit;
}
