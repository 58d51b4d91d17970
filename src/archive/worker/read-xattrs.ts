import { getXattr, listXattrs, type XattrPlace } from "../../sys/index.ts";

/** Bookkeeping of the layer store and of the host's security module, not the tree's content. */
const hostOnly = /^(?:trusted\.overlay\.|security\.(?:selinux|ima|evm)$)/;

/** A file's extended attributes that belong to its content. */
export function readXattrs(place: XattrPlace): ReadonlyMap<string, Uint8Array> {
	const xattrs = new Map<string, Uint8Array>();
	for (const name of listXattrs(place)) {
		if (hostOnly.test(name)) continue;
		const value = getXattr(place, name);
		if (value !== undefined) xattrs.set(name, value);
	}
	return xattrs;
}
