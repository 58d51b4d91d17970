import type { Context } from "../context.ts";
import type { ContainerRecord } from "../record/record.ts";

/** Makes the data of a container's volumes be in their folders, until `holder` lets go (`volumes.unmount`). */
export async function mountVolumes(
	context: Pick<Context, "volumes">,
	{ mounts }: Pick<ContainerRecord, "mounts">,
	holder: string,
): Promise<void> {
	try {
		for (const mount of mounts) if (mount.type === "volume") await context.volumes.mount(mount.name, holder);
	} catch (error) {
		await context.volumes.unmount(holder);
		throw error;
	}
}
