import { constants } from "node:os";
import { ptr, SystemError } from "./libc.ts";

/** Linux's PATH_MAX, the NUL included. */
export const PATH_MAX = 4096;

const slots = [Buffer.alloc(PATH_MAX), Buffer.alloc(PATH_MAX)] as const;
const addresses = [ptr(slots[0]), ptr(slots[1])] as const;

/**
 * The address of a NUL-terminated copy of a **byte string**: a string whose every character stands for one byte, since
 * names in Linux are bytes and need not be UTF-8. Valid until the same slot is used again, so for one call only.
 * Errors: ENAMETOOLONG, and EINVAL for a NUL or a character that is no byte.
 */
export function bytePath(name: string, slot: 0 | 1 = 0): (typeof addresses)[0] {
	const buffer = slots[slot];
	if (name.length >= PATH_MAX) throw new SystemError("path", constants.errno.ENAMETOOLONG, excerpt(name));
	for (let index = 0; index < name.length; index++) {
		const byte = name.charCodeAt(index);
		if (byte === 0 || byte > 0xff) throw new SystemError("path", constants.errno.EINVAL, excerpt(name));
		buffer[index] = byte;
	}
	buffer[name.length] = 0;
	return addresses[slot];
}

/** Text as a byte string of its UTF-8. */
export function toByteString(text: string): string {
	return Buffer.from(text, "utf8").toString("latin1");
}

/** A byte string as text; bytes that are no UTF-8 become U+FFFD. */
export function fromByteString(name: string): string {
	return Buffer.from(name, "latin1").toString("utf8");
}

function excerpt(name: string): string {
	return JSON.stringify(name.length > 64 ? `${name.slice(0, 64)}…` : name);
}
