/** Go's os.FileMode, as fsutil carries it: kinds in the high bits, permissions in the low ones. */
const bits = {
	folder: 1 << 31,
	link: 1 << 27,
	device: 1 << 26,
	fifo: 1 << 25,
	socket: 1 << 24,
	setuid: 1 << 23,
	setgid: 1 << 22,
	characterDevice: 1 << 21,
	sticky: 1 << 20,
} as const;

export type FileKind = "file" | "folder" | "link" | "fifo" | "device" | "socket";

export function kindOfMode(mode: number): FileKind {
	if (mode & bits.folder) return "folder";
	if (mode & bits.link) return "link";
	if (mode & bits.device || mode & bits.characterDevice) return "device";
	if (mode & bits.fifo) return "fifo";
	return mode & bits.socket ? "socket" : "file";
}

/** Permission bits as chmod has them. */
export function permissionsOfMode(mode: number): number {
	const special =
		(mode & bits.setuid ? 0o4000 : 0) | (mode & bits.setgid ? 0o2000 : 0) | (mode & bits.sticky ? 0o1000 : 0);
	return (mode & 0o777) | special;
}

/** The other way; as an unsigned number. */
export function goMode(kind: FileKind, permissions: number): number {
	const kindBits = kind === "file" ? 0 : bits[kind];
	const special =
		(permissions & 0o4000 ? bits.setuid : 0) |
		(permissions & 0o2000 ? bits.setgid : 0) |
		(permissions & 0o1000 ? bits.sticky : 0);
	return (kindBits | special | (permissions & 0o777)) >>> 0;
}
