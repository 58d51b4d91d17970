import type { SoftwarePackage } from "../archive/index.ts";
import { digestHex, digestOf } from "../oci/index.ts";
import type { Subject } from "./subject.ts";

/** A name for a package in a document: the same for the same package, and no other's. */
export function packageKey({ type, name, version, location }: SoftwarePackage): string {
	const readable = `${type}-${name}`.replace(/[^A-Za-z0-9.-]+/g, "-").slice(0, 60);
	return `${readable}-${hash([type, name, version, location].join("\0")).slice(0, 16)}`;
}

/** A UUID made of what the document says and when, RFC 9562 version 8. */
export function documentUuid({ imageId, createdAt, list, tool }: Subject): string {
	const hex = hash(JSON.stringify([imageId, createdAt, list, tool]));
	const variant = "89ab"[Number.parseInt(hex[16]!, 16) % 4];
	return [
		hex.slice(0, 8),
		hex.slice(8, 12),
		`8${hex.slice(13, 16)}`,
		`${variant}${hex.slice(17, 20)}`,
		hex.slice(20, 32),
	].join("-");
}

function hash(text: string): string {
	return digestHex(digestOf(text));
}
