import { EngineError } from "../../lib/index.ts";
import type { SpecMount } from "./input.ts";

/**
 * Checks that a slave bind has a master to follow: its source must lie on a shared or slave mount. `mountInfo` is
 * /proc/self/mountinfo. Errors: `invalid_argument` with Docker's text.
 */
export function checkPropagation(mounts: readonly SpecMount[], mountInfo: string): void {
	const slaves = mounts.filter(
		(mount) => mount.kind === "bind" && (mount.propagation === "slave" || mount.propagation === "rslave"),
	);
	if (slaves.length === 0) return;
	const table = parseMountInfo(mountInfo);
	for (const mount of slaves as (SpecMount & { kind: "bind" })[]) {
		const carrier = carrierOf(mount.source, table);
		if (carrier?.follows) continue;
		throw new EngineError(
			"invalid_argument",
			`path ${mount.source} is mounted on ${carrier?.mountpoint ?? "/"} but it is not a shared or slave mount`,
		);
	}
}

interface MountedAt {
	readonly mountpoint: string;
	/** Shared, or a slave of something shared. */
	readonly follows: boolean;
}

/** https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html: the optional fields end with a lone dash. */
function parseMountInfo(text: string): MountedAt[] {
	return text
		.split("\n")
		.filter((line) => line !== "")
		.map((line) => {
			const fields = line.split(" ");
			const optional = fields.slice(6, fields.indexOf("-", 6));
			return {
				mountpoint: decodeOctal(fields[4] ?? "/"),
				follows: optional.some((field) => field.startsWith("shared:") || field.startsWith("master:")),
			};
		});
}

/** The deepest mount that holds the path; of several on one place the last one made. */
function carrierOf(path: string, table: readonly MountedAt[]): MountedAt | undefined {
	const holders = table.filter(
		({ mountpoint }) => mountpoint === "/" || `${path}/`.startsWith(`${mountpoint}/`),
	);
	return holders.reduce<MountedAt | undefined>(
		(best, next) => (next.mountpoint.length >= (best?.mountpoint.length ?? 0) ? next : best),
		undefined,
	);
}

function decodeOctal(path: string): string {
	return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
