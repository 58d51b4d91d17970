import type { Builder, Contexts } from "../../../builder/index.ts";
import type { Events } from "../../../events/index.ts";
import type { Images } from "../../../images/index.ts";

export interface BuildRooms {
	readonly builder: Builder;
	readonly contexts: Contexts;
	readonly events: Pick<Events, "publish">;
	/** To show what a build would do. */
	readonly images: Pick<Images, "find">;
}
