import type { ContainerUpdateRequest } from "../../../../api/index.ts";
import { parseRestartPolicy } from "../../../../api/syntax.ts";
import type { CommandInput } from "../../../flags/command.ts";
import type { Flag } from "../../../flags/flag.ts";
import { egressFlag } from "../../network/egress-flag.ts";
import { limitFlags } from "../create/limit-flags.ts";
import { present } from "../create/present.ts";

export const updateFlags = [
	...limitFlags,
	egressFlag,
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
