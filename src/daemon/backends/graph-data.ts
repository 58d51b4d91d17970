import { join } from "node:path";
import type { Digest } from "../../oci/index.ts";
import type { SnapshotDriver } from "../../store/index.ts";

/** Where an image's layers are, by Docker's names: `UpperDir` the top one, `LowerDir` those below it. */
export function graphData(snapshots: SnapshotDriver, chainId: Digest | undefined): Record<string, string> {
	if (chainId === undefined) return {};
	const [mount] = snapshots.layerMounts(chainId);
	if (mount === undefined) return {};
	const option = mount.options.find((text) => text.startsWith("lowerdir="));
	if (option === undefined) return { UpperDir: mount.source };
	const folders = option
		.slice("lowerdir=".length)
		.split(":")
		.map((folder) => join(mount.cwd ?? "/", folder));
	return { LowerDir: folders.slice(1).join(":"), UpperDir: folders[0]! };
}
