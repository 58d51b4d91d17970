import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createLogger } from "../../src/lib/index.ts";
import { networkIdentity } from "../../src/networks/identity.ts";
import { createNetworks } from "../../src/networks/index.ts";
import { chooseSnapshotDriver, createMetadata } from "../../src/store/index.ts";

/** What containers have left on the machine; every list is empty when nothing leaked. */
export function leftovers(
	daemon: { readonly dataRoot: string; readonly runRoot: string; readonly pid: number },
	known: { readonly bridge: string; readonly everMade: readonly string[] },
) {
	return {
		folders: namesIn(join(daemon.dataRoot, "containers")),
		runFolders: namesIn(join(daemon.runRoot, "containers")),
		mounts: mountsBelow([daemon.dataRoot, daemon.runRoot]),
		loopDevices: loopDevicesOf(daemon.dataRoot),
		cgroups: cgroupsOf(known.everMade),
		links: namesIn(`/sys/class/net/${known.bridge}/brif`),
		// The name server goes with the daemon.
		processes: processesNaming(daemon.runRoot).filter((pid) => pid !== daemon.pid && !isNameServer(pid)),
	};
}

/** Process ids whose command line names a folder. */
export function processesNaming(folder: string): number[] {
	return namesIn("/proc")
		.filter((name) => /^\d+$/.test(name))
		.map(Number)
		.filter((pid) => pid !== process.pid && commandLine(pid).includes(folder));
}

/** The engine's bridge and firewall table, when the kernel still has them. */
export function kernelTraces(dataRoot: string): string[] {
	const { bridgeName, tableName, egressTable } = networkIdentity(dataRoot);
	const links = namesIn("/sys/class/net").filter((name) => name === bridgeName);
	const tables = execFileSync("nft", ["list", "tables"], { encoding: "utf8" }).split("\n");
	return [...links, ...tables.filter((line) => [tableName, egressTable].includes(line.split(" ").at(-1)!))];
}

/** Removes the bridge and the firewall table of an engine that is gone, and gives the snapshots that it forgot. */
export async function dismantle(dataRoot: string): Promise<string[]> {
	const log = createLogger("error");
	const metadata = createMetadata({ path: join(dataRoot, "hull.db"), log });
	try {
		await createNetworks({ metadata, dataRoot, log }).teardown();
		const snapshots = await chooseSnapshotDriver({ root: dataRoot, metadata, log });
		return [...snapshots.keys()];
	} finally {
		metadata.close();
	}
}

function namesIn(folder: string): string[] {
	try {
		return readdirSync(folder);
	} catch {
		return [];
	}
}

function mountsBelow(folders: readonly string[]): string[] {
	const points = readFileSync("/proc/self/mountinfo", "utf8")
		.split("\n")
		.map((line) => line.split(" ")[4] ?? "");
	return points.filter((point) => folders.some((folder) => point.startsWith(`${folder}/`)));
}

/** Loop devices of files below a folder, also of those that were deleted. */
function loopDevicesOf(folder: string): string[] {
	return namesIn("/sys/block").filter((name) =>
		readText(`/sys/block/${name}/loop/backing_file`).startsWith(`${folder}/`),
	);
}

function cgroupsOf(ids: readonly string[]): string[] {
	const root = "/sys/fs/cgroup";
	const parents = [join(root, "hull"), ...namesIn(root).map((name) => join(root, name, "hull"))];
	const wanted = new Set(ids);
	return parents.flatMap((parent) =>
		namesIn(parent)
			.filter((name) => wanted.has(name))
			.map((name) => join(parent, name)),
	);
}

function isNameServer(pid: number): boolean {
	return commandLine(pid).split("\0")[0]!.endsWith("/hull-names");
}

function commandLine(pid: number): string {
	return readText(`/proc/${pid}/cmdline`);
}

function readText(path: string): string {
	try {
		return readFileSync(path, "latin1");
	} catch {
		return "";
	}
}
