import type { ContainerUpdateRequest } from "../../../../api/index.ts";
import { parseRestartPolicy } from "../../../../api/syntax.ts";
import type { CommandInput } from "../../../flags/command.ts";
import type { Flag } from "../../../flags/flag.ts";
import { egressFlag } from "../../network/egress-flag.ts";
import { healthFlags } from "../create/health-flags.ts";
import { limitFlags } from "../create/limit-flags.ts";
import { present } from "../create/present.ts";
import { changeFlags } from "./change-flags.ts";

export const updateFlags = [
	...changeFlags,
	...healthFlags,
	...limitFlags,
	egressFlag,
	{
		kind: "text",
		name: "format",
		completes: "none",
		help: "json: say what was changed, at once and for the next start",
	},
	{
		kind: "text",
		name: "restart",
		completes: "none",
		help: "Restart when it ends (no, on-failure[:max], always, unless-stopped)",
	},
] as const satisfies readonly Flag[];

/** The changes that a command line means; what is not in it stays as it is. */
export function updateRequest({ flags }: CommandInput<typeof updateFlags>): ContainerUpdateRequest {
	return present({
		BlkioWeight: flags["blkio-weight"],
		CpuPeriod: flags["cpu-period"],
		CpuQuota: flags["cpu-quota"],
		CpuRealtimePeriod: flags["cpu-rt-period"],
		CpuRealtimeRuntime: flags["cpu-rt-runtime"],
		CpuShares: flags["cpu-shares"],
		NanoCpus: flags.cpus,
		CpusetCpus: flags["cpuset-cpus"],
		CpusetMems: flags["cpuset-mems"],
		Memory: flags.memory,
		MemoryReservation: flags["memory-reservation"],
		MemorySwap: flags["memory-swap"],
		PidsLimit: flags["pids-limit"],
		RestartPolicy: flags.restart === undefined ? undefined : parseRestartPolicy(flags.restart),
	});
}
