import { createHash } from "node:crypto";
import type { TreeEntry } from "../../../archive/index.ts";

/** A file that was fetched or stands in the Dockerfile: root's, one piece of a bundle. */
export function fileEntry(given: {
	readonly digest: string;
	readonly sizeBytes: number;
	/** When it was changed last, since 1970. */
	readonly seconds: number;
	readonly mode: number;
	/** Of its content in the bundle. */
	readonly offset: number;
}): TreeEntry {
	const { digest, sizeBytes, seconds, mode, offset } = given;
	return {
		path: "",
		kind: "file",
		mode,
		uid: 0,
		gid: 0,
		sizeBytes,
		modified: { seconds, nanos: 0 },
		digest,
		target: "",
		xattrs: {},
		sameAs: "",
		pieces: sizeBytes === 0 ? [] : [[0, offset, sizeBytes]],
	};
}

export function digestOfText(bytes: Uint8Array): string {
	return createHash("sha256").update(bytes).digest("hex");
}
