import type { Builder, Contexts } from "../../../builder/index.ts";
import type { Images } from "../../../images/index.ts";

export interface BuildRooms {
	readonly builder: Builder;
	readonly contexts: Contexts;
	/** To show what a build would do. */
	readonly images: Pick<Images, "find">;
}

/** What a build by either route works with: the builder, with its events kept for those who ask later. */
export interface KeptBuilds extends BuildRooms {
	readonly build: Builder["build"];
}
