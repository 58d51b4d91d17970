import { closeSync, ftruncateSync, openSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { EngineError, translateSystemError } from "../../lib/index.ts";
import { runCommand } from "../../sys/index.ts";
import type { MachineRoot, SnapshotUsage } from "./contract.ts";
import { runImageMaker } from "./run-image-maker.ts";

const UPPER_IMAGE = "upper.ext4";

/** Below this ext4 has hardly room for anything; above it the numbers of blocks need other options. */
export const minUpperBytes = 64 * 1024 * 1024;
export const maxUpperBytes = 16 * 1024 ** 4;

/**
 * Makes the writable disk of a machine in its snapshot's folder: an ext4 file system with nothing in it. It takes
 * room on the host as it is written (250 KiB at first): inode tables and journal are left to the machine.
 *
 * Once made, the host never looks into it: what a machine writes there may be made to harm whoever reads it.
 */
export async function makeUpperImage(folder: string, bytes: number): Promise<void> {
	if (!(bytes >= minUpperBytes && bytes <= maxUpperBytes))
		throw new EngineError(
			"invalid_argument",
			`a machine's disk of ${bytes} bytes: must be between ${minUpperBytes} and ${maxUpperBytes}`,
		);
	const path = join(folder, UPPER_IMAGE);
	const size = Math.floor(bytes / 4096) * 4096;
	try {
		const fd = openSync(path, "wx", 0o600);
		try {
			ftruncateSync(fd, size);
		} finally {
			closeSync(fd);
		}
	} catch (error) {
		throw translateSystemError(error, path);
	}
	const features = ["-m", "0", "-J", "size=8", "-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard"];
	await runImageMaker(["mkfs.ext4", "-q", "-F", "-b", "4096", ...features, path], { package: "e2fsprogs" });
}

export function upperImage(folder: string): MachineRoot["upper"] {
	const path = join(folder, UPPER_IMAGE);
	const size = statSync(path, { throwIfNoEntry: false })?.size;
	return size === undefined ? undefined : { path, sizeBytes: size };
}

/** What the machine's disk takes on the host's; the number of files in it is the machine's secret. */
export function upperUsage(folder: string): SnapshotUsage | undefined {
	const stat = statSync(join(folder, UPPER_IMAGE), { throwIfNoEntry: false });
	return stat && { bytes: stat.blocks * 512, inodes: 0 };
}

/** Shares blocks where the host's file system can, else copies what was written. The source must not change meanwhile. */
export async function copyUpperImage(from: string, to: string): Promise<void> {
	const [source, target] = [join(from, UPPER_IMAGE), join(to, UPPER_IMAGE)];
	const result = await runCommand(["cp", "--reflink=auto", "--sparse=always", "--", source, target]);
	if (result?.exitCode === 0) return;
	rmSync(target, { force: true });
	const reason = result?.stderr.trim() ?? "no program cp";
	if (/No space left on device|Disk quota exceeded/.test(reason))
		throw new EngineError("no_space", `copy a machine's disk to ${target}: no space left on device`);
	throw new EngineError("unavailable", `copy a machine's disk to ${target}: ${reason}`);
}
