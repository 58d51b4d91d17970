import type { HullHost } from "../../api/index.ts";
import { containerInspect } from "../../client/index.ts";
import type { Findings } from "../findings.ts";
import type { HullName, Subject, Work, WorkName } from "../report.ts";
import { judgeWalls } from "../walls.ts";
import { probeInside, probeRequest, startToFirstByte, type Workshop } from "../workshop.ts";

const peerPort = 7007;
export const workRounds = 3;

/** Another container to talk to over the network: the same one for all subjects. */
export interface Peer {
	readonly address: string;
	readonly port: number;
}

/** A container with process isolation that answers on the default network. */
export async function startPeer(workshop: Workshop): Promise<Peer> {
	const id = await workshop.create("process", probeRequest("serve", String(peerPort)));
	await startToFirstByte(workshop, id);
	const { NetworkSettings } = await containerInspect(workshop.engine, id);
	const address = Object.values(NetworkSettings?.Networks ?? {})[0]?.IPAddress ?? "";
	return { address, port: peerPort };
}

/** What a container sees, may do, and how fast it works: the probe run inside of one that waits, and is then removed. */
export async function measureInside(
	workshop: Workshop,
	hull: HullName,
	{ host, peer, running: id }: { readonly host: HullHost; readonly peer: Peer; readonly running: string },
): Promise<Pick<Subject, "kernel" | "cpuModel" | "walls" | "work">> {
	const inside = (title: string, ...words: string[]) => {
		workshop.progress(`${hull}: ${title}`);
		return probeInside(workshop, id, ...words);
	};
	const seen = await inside("what it sees", "see");
	const touched = await inside("what it can touch", "touch");
	const rounds: Findings["work"][] = [];
	for (let round = 0; round < workRounds; round++) {
		rounds.push((await inside("computing", "cpu")).work);
		rounds.push((await inside("disk", "disk", "/")).work);
		rounds.push((await inside("network", "network", peer.address, String(peer.port))).work);
	}
	await workshop.remove(id);
	return {
		kernel: {
			release: seen.facts.get("kernel-release") ?? "",
			shared: seen.facts.get("boot-id") === host.BootId,
		},
		cpuModel: seen.facts.get("cpu-model") ?? "",
		walls: judgeWalls({ ...seen, checks: touched.checks }, host),
		work: bestOf(rounds),
	};
}

/** Whatever else runs on the host only ever makes work slower: the best time is the nearest to the truth. */
function bestOf(rounds: readonly Findings["work"][]): NonNullable<Subject["work"]> {
	const best: Partial<Record<WorkName, Work>> = {};
	for (const [name, work] of rounds.flatMap((round) => [...round]))
		if (work.perSecond > (best[name]?.perSecond ?? 0)) best[name] = work;
	return best;
}

/** The walls of a container that was given every privilege. */
export async function measurePrivileged(
	workshop: Workshop,
	hull: HullName,
	host: HullHost,
): Promise<Subject["privilegedWalls"]> {
	workshop.progress(`${hull}: what it can touch with --privileged`);
	const id = await workshop.create(hull, { ...probeRequest("ready"), HostConfig: { Privileged: true } });
	await startToFirstByte(workshop, id);
	const seen = await probeInside(workshop, id, "see");
	const touched = await probeInside(workshop, id, "touch");
	await workshop.remove(id);
	return judgeWalls({ ...seen, checks: touched.checks }, host);
}
