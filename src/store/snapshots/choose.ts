import { mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { EngineError, removeTreeSync } from "../../lib/index.ts";
import { runCommand } from "../../sys/index.ts";
import type { SnapshotDriver } from "./contract.ts";
import { PROBE_PREFIX } from "./folders.ts";
import type { SnapshotOptions } from "./open-options.ts";
import { createOverlaySnapshots } from "./overlay.ts";
import { createPlainSnapshots } from "./plain.ts";
import { type DriverName, storedDriver } from "./table.ts";

/**
 * Opens the driver that made the snapshots on disk; when there are none, the one asked for, or else overlay where the
 * file system can carry it and plain where it cannot. `unavailable` when another one is asked for than made them.
 */
export async function chooseSnapshotDriver(
	options: SnapshotOptions,
	wanted?: DriverName,
): Promise<SnapshotDriver> {
	const stored = storedDriver(options.metadata);
	if (stored !== undefined && wanted !== undefined && stored !== wanted)
		throw new EngineError(
			"unavailable",
			`snapshot driver ${wanted}: the snapshots on disk were made by ${stored}`,
		);
	const name = stored ?? wanted ?? ((await carriesOverlay(options.root)) ? "overlay" : "plain");
	if (stored === undefined && wanted === undefined && name === "plain")
		options.log.warn("overlayfs cannot write here: every container gets a whole copy of its image", {
			root: options.root,
		});
	return name === "overlay" ? createOverlaySnapshots(options) : createPlainSnapshots(options);
}

/** Tries a mount, in a mount namespace of its own so that a kill leaves nothing mounted. */
async function carriesOverlay(root: string): Promise<boolean> {
	mkdirSync(join(root, "snapshots"), { recursive: true, mode: 0o700 });
	const probe = mkdtempSync(join(root, "snapshots", PROBE_PREFIX));
	try {
		for (const name of ["lower", "upper", "work", "merged"]) mkdirSync(join(probe, name));
		const script =
			'cd "$1" && mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay merged && : > merged/file';
		const command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "probe", probe];
		return (await runCommand(command))?.exitCode === 0;
	} finally {
		removeTreeSync(probe);
	}
}
