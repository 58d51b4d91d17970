import type { PackageList } from "../archive/index.ts";
import type { Digest, Platform } from "../oci/index.ts";

/** What a bill of materials is about: an image and what was found in it. */
export interface Subject {
	/** As people call it: `busybox:latest`, or the id. */
	readonly name: string;
	readonly imageId: Digest;
	/** The manifest's; what a registry knows the image by. */
	readonly manifestDigest: Digest;
	readonly platform: Platform;
	/** `registry.lan/team/app`, where it has a name. */
	readonly repository: string | undefined;
	readonly list: PackageList;
	/** RFC 3339, to the second. */
	readonly createdAt: string;
	readonly tool: { readonly name: string; readonly version: string };
}
