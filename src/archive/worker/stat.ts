import { AT_FDCWD, type FileStat, fromByteString, S, statAt, toByteString } from "../../sys/index.ts";
import type { ArchiveStat } from "../contract.ts";
import type { WorkerRequest } from "../protocol.ts";
import { baseName, type ContainerPath, followLinks, locate, notThere } from "./container-path.ts";
import { enterTree } from "./enter-tree.ts";

export function statPath(request: Extract<WorkerRequest, { op: "stat" | "pack" }>): ArchiveStat {
	enterTree(request.root, request.mountPoint);
	const path = locate(toByteString(request.path));
	return describe(path, statLocated(path));
}

/** The file itself, a symlink not followed. `not_found` when it is not there. */
export function statLocated({ resolved, absolute }: ContainerPath): FileStat {
	const stat = statAt(AT_FDCWD, resolved);
	if (stat === undefined) throw notThere(absolute);
	return stat;
}

export function describe({ absolute }: ContainerPath, stat: FileStat): ArchiveStat {
	const isLink = (stat.mode & S.IFMT) === S.IFLNK;
	return {
		name: fromByteString(baseName(absolute)),
		size: stat.sizeBytes,
		mode: goFileMode(stat.mode),
		mtime: goTime(stat.modified),
		linkTarget: isLink ? fromByteString(followLinks(absolute)) : "",
	};
}

/** https://pkg.go.dev/io/fs#FileMode: permissions below, kinds and the rest at the top. */
function goFileMode(mode: number): number {
	let bits = mode & 0o777;
	if (mode & 0o4000) bits += 2 ** 23;
	if (mode & 0o2000) bits += 2 ** 22;
	if (mode & 0o1000) bits += 2 ** 20;
	switch (mode & S.IFMT) {
		case S.IFDIR:
			return bits + 2 ** 31;
		case S.IFLNK:
			return bits + 2 ** 27;
		case S.IFBLK:
			return bits + 2 ** 26;
		case S.IFCHR:
			return bits + 2 ** 26 + 2 ** 21;
		case S.IFIFO:
			return bits + 2 ** 25;
		case S.IFSOCK:
			return bits + 2 ** 24;
		default:
			return bits;
	}
}

/** RFC 3339 with as many digits of the second as there are. */
function goTime({ seconds, nanos }: { seconds: number; nanos: number }): string {
	const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
	const fraction = nanos === 0 ? "" : `.${String(nanos).padStart(9, "0").replace(/0+$/, "")}`;
	return `${whole}${fraction}Z`;
}
