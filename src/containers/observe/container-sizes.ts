import type { Context } from "../context.ts";
import type { ContainerRecord } from "../record/record.ts";

/** Bytes that a container changed, and with its image's layers. */
export async function containerSizes(
	context: Context,
	record: ContainerRecord,
): Promise<{ SizeRw: number; SizeRootFs: number }> {
	const { bytes } = await context.snapshots.usage(record.id);
	const image = context.images.find(record.image.id);
	return { SizeRw: bytes, SizeRootFs: bytes + (image?.sizeBytes ?? 0) };
}
