import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { join } from "node:path";
import { EngineError, failpoint } from "../../lib/index.ts";
import {
	diskImagePath,
	makeDiskImage,
	removeLostAndFound,
	shareFolder,
	unmountBelow,
} from "../../store/index.ts";
import { mountsBelow, runCommand } from "../../sys/index.ts";
import type { LocalBacking } from "./options.ts";

/** A server that does not answer must not keep a start for ever. */
const timeoutMs = 60_000;

/** A volume whose data is mounted: its folder (which holds `_data`) and what is mounted. */
export interface BackedVolume {
	readonly name: string;
	readonly folder: string;
	readonly backing: Exclude<LocalBacking, { kind: "folder" }>;
}

/**
 * Mounts what stands behind a volume on its data folder; nothing to do when it is there.
 *
 * The folder is shared first, so that what is taken away here is gone for every supervisor.
 *
 * Crash windows: any of the two mounts may be left; whoever mounts next goes on from there, and boot takes away what
 * no container runs with.
 */
export async function mountBacking(volume: BackedVolume): Promise<void> {
	const { folder, backing } = volume;
	const data = join(folder, "_data");
	const mounted = mountsBelow(folder);
	if (mounted.includes(data)) return;
	if (backing.kind === "sized") await makeDiskImage(folder, backing.sizeBytes);
	shareFolder(folder);
	failpoint("volumes.mount.after-folder");
	try {
		await runMount(volume, data);
	} catch (error) {
		unmountBacking(folder);
		throw error;
	}
	if (backing.kind === "sized") removeLostAndFound(data);
	failpoint("volumes.mount.after-data");
}

/** Takes both mounts away, and those that others have made on them; what still uses the files goes on. Idempotent. */
export const unmountBacking = unmountBelow;

async function runMount({ name, folder, backing }: BackedVolume, data: string): Promise<void> {
	const command = ["mount", "--internal-only", "--no-canonicalize", ...(await argumentsOf(folder, backing))];
	const signal = AbortSignal.timeout(timeoutMs);
	const result = await runCommand([...command, data], { signal });
	if (result?.exitCode === 0) return;
	const source = backing.kind === "mount" ? backing.device : diskImagePath(folder);
	const reason = signal.aborted
		? `no answer within ${timeoutMs / 1000} s`
		: (result?.stderr.trim().replace(/^mount: [^:]*: /, "") ?? "no program mount");
	throw new EngineError(
		"unavailable",
		`error while mounting volume '${name}': failed to mount local volume: mount ${source}:${data}: ${reason}`,
	);
}

async function argumentsOf(folder: string, backing: BackedVolume["backing"]): Promise<string[]> {
	if (backing.kind === "sized") return ["-t", "ext4", "-o", "loop", "--", diskImagePath(folder)];
	const { type, device } = backing;
	const data = await withAddress(type, backing.data);
	return ["-t", type, ...(data === "" ? [] : ["-o", data]), "--", device];
}

/** The kernel wants the server of NFS and CIFS as an address: Docker looks names up in `addr=`. */
async function withAddress(type: string, data: string): Promise<string> {
	if (!/^(nfs|nfs4|cifs)$/.test(type)) return data;
	const options = data.split(",");
	const index = options.findIndex((option) => option.startsWith("addr="));
	const host = options[index]?.slice("addr=".length) ?? "";
	if (host === "" || isIP(host) !== 0) return data;
	try {
		const { address } = await lookup(host);
		return options.with(index, `addr=${address}`).join(",");
	} catch (cause) {
		throw new EngineError("unavailable", `error resolving passed in network volume address: ${host}`, {
			cause,
		});
	}
}
