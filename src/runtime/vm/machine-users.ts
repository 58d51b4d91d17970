import { EngineError } from "../../lib/index.ts";

/** Beyond what useradd, containers and systemd's dynamic users are given. */
export const defaultFirstUid = 2_000_000_000;
export const machineUserCount = 65_536;

/** User ids of the QEMU processes: each machine has one of its own, so that none can reach another's. */
export interface MachineUsers {
	/** A free one. `unavailable` when all are taken. */
	take(id: string): number;
	/** That of a machine that an earlier daemon started. */
	keep(id: string, uid: number): void;
	giveBack(id: string): void;
}

export function createMachineUsers(firstUid = defaultFirstUid): MachineUsers {
	const taken = new Map<string, number>();
	let next = 0;
	return {
		take(id) {
			const used = new Set(taken.values());
			for (let tried = 0; tried < machineUserCount; tried++) {
				const uid = firstUid + (next++ % machineUserCount);
				if (used.has(uid)) continue;
				taken.set(id, uid);
				return uid;
			}
			throw new EngineError("unavailable", `all ${machineUserCount} user ids of machines are taken`);
		},
		keep: (id, uid) => void taken.set(id, uid),
		giveBack: (id) => void taken.delete(id),
	};
}
