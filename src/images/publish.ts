import type { ImagesContext } from "./context.ts";
import type { ImageRecord } from "./contract.ts";

/** Publishes an event about an image, with its labels as attributes. `name` defaults to the id, as dockerd does. */
export function publishImage(
	{ events }: ImagesContext,
	image: ImageRecord,
	action: string,
	name: string = image.id,
	actor: string = image.id,
): void {
	events.publish("image", action, actor, { ...image.config.config?.Labels, name });
}
