import type { Builder, Contexts } from "../../../builder/index.ts";
import type { Images } from "../../../images/index.ts";

export interface BuildRooms {
	readonly builder: Builder;
	readonly contexts: Contexts;
	/** To show what a build would do. */
	readonly images: Pick<Images, "find">;
}
