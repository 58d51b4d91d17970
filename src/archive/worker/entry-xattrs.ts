import { errnoOf, type TarEntry, tarText } from "../../lib/index.ts";
import { changeDirectory, setXattr } from "../../sys/index.ts";
import { quote } from "./entry-name.ts";

/**
 * Sets an entry's extended attributes. overlayfs' own (`trusted.overlay.*`) are left out: they are bookkeeping of the
 * layer store, and one in a foreign layer could redirect a folder elsewhere. As Docker does, what the file system does
 * not take is warned about and skipped.
 */
export function setEntryXattrs(
	place: number | { directory: number; name: string },
	entry: TarEntry,
	warn: (text: string) => void,
): void {
	if (entry.xattrs.size === 0) return;
	if (typeof place !== "number") changeDirectory(place.directory);
	for (const [key, value] of entry.xattrs) {
		if (key.startsWith("trusted.overlay.")) continue;
		try {
			setXattr(typeof place === "number" ? place : place.name, key, value);
		} catch (error) {
			const errno = errnoOf(error);
			if (errno !== "EOPNOTSUPP" && errno !== "ENOTSUP" && errno !== "EPERM") throw error;
			warn(`${quote(entry.name)}: xattr ${tarText(key)} is not supported here (${errno})`);
		}
	}
}
