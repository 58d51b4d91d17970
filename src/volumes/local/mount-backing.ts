import { lookup } from "node:dns/promises";
import { rmdirSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { EngineError, errnoOf, failpoint } from "../../lib/index.ts";
import { MS, mount, mountsBelow, runCommand, unmount } from "../../sys/index.ts";
import type { LocalBacking } from "./options.ts";
import { makeSizedImage, sizedImagePath } from "./sized-image.ts";

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
 * The volume's folder is first mounted on itself, shared: supervisors have copies of the host's mounts in namespaces
 * that follow it, so that taking the data away here takes it away there, and no supervisor of another container keeps
 * the file system, or its loop device, in use.
 *
 * Crash windows: any of the two mounts may be left; whoever mounts next goes on from there, and boot takes away what
 * no container runs with.
 */
export async function mountBacking(volume: BackedVolume): Promise<void> {
	const { folder, backing } = volume;
	const data = join(folder, "_data");
	const mounted = mountsBelow(folder);
	if (mounted.includes(data)) return;
	if (backing.kind === "sized") await makeSizedImage(folder, backing.sizeBytes);
	if (!mounted.includes(folder)) {
		mount({ source: folder, target: folder, type: "", flags: MS.BIND });
		// Were the host's own mount shared, this one would be its peer.
		mount({ source: "none", target: folder, type: "", flags: MS.PRIVATE });
		mount({ source: "none", target: folder, type: "", flags: MS.SHARED });
	}
	failpoint("volumes.mount.after-folder");
	try {
		await runMount(volume, data);
	} catch (error) {
		unmountBacking(folder);
		throw error;
	}
	// It would make a new volume look filled.
	if (backing.kind === "sized") removeLostAndFound(data);
	failpoint("volumes.mount.after-data");
}

/** Takes both mounts away, and those that others have made on them; what still uses the files goes on. Idempotent. */
export function unmountBacking(folder: string): void {
	for (const point of mountsBelow(folder).toReversed()) unmount(point);
}

async function runMount({ name, folder, backing }: BackedVolume, data: string): Promise<void> {
	const command = ["mount", "--internal-only", "--no-canonicalize", ...(await argumentsOf(folder, backing))];
	const signal = AbortSignal.timeout(timeoutMs);
	const result = await runCommand([...command, data], { signal });
	if (result?.exitCode === 0) return;
	const source = backing.kind === "mount" ? backing.device : sizedImagePath(folder);
	const reason = signal.aborted
		? `no answer within ${timeoutMs / 1000} s`
		: (result?.stderr.trim().replace(/^mount: [^:]*: /, "") ?? "no program mount");
	throw new EngineError(
		"unavailable",
		`error while mounting volume '${name}': failed to mount local volume: mount ${source}:${data}: ${reason}`,
	);
}

async function argumentsOf(folder: string, backing: BackedVolume["backing"]): Promise<string[]> {
	if (backing.kind === "sized") return ["-t", "ext4", "-o", "loop", "--", sizedImagePath(folder)];
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

function removeLostAndFound(data: string): void {
	try {
		rmdirSync(join(data, "lost+found"));
	} catch (error) {
		// Not there any more, or no longer empty.
		if (!["ENOENT", "ENOTEMPTY", "EEXIST", "ENOTDIR"].includes(errnoOf(error) ?? "")) throw error;
	}
}
