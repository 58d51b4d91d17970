import type { Mount, MountPoint } from "../api/index.ts";

/** Mounts of containers, changed while they run. */
export interface MountsBackend {
	listMounts(reference: string): MountPoint[];
	addMount(
		reference: string,
		mount: Mount,
		/** As at creation. */
		options?: { readonly bindRoots?: readonly string[] },
	): Promise<MountPoint>;
	removeMount(
		reference: string,
		options: { readonly target: string; readonly force: boolean },
	): Promise<void>;
}
