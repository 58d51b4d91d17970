import { EngineError } from "../../lib/index.ts";

/** What of a bind decides how mounts made later travel. */
export interface PropagatedBind {
	/** Absolute path on the host. */
	readonly source: string;
	/** Empty where it does not matter. */
	readonly propagation: string;
}

/**
 * Checks that a slave bind has a master to follow (its source must lie on a shared or slave mount) and a shared one
 * peers (it must lie on a shared mount). `mountInfo` gives /proc/self/mountinfo. Errors: `invalid_argument` with
 * Docker's texts.
 */
export function checkPropagation(binds: readonly PropagatedBind[], mountInfo: () => string): void {
	const travelling = binds.filter(({ propagation }) => /^r?(slave|shared)$/.test(propagation));
	if (travelling.length === 0) return;
	const table = parseMountInfo(mountInfo());
	for (const { source, propagation } of travelling) {
		const carrier = carrierOf(source, table);
		const wantsPeers = propagation.endsWith("shared");
		if (wantsPeers ? carrier?.isShared : carrier?.follows) continue;
		throw new EngineError(
			"invalid_argument",
			`path ${source} is mounted on ${carrier?.mountpoint ?? "/"} but it is not a ` +
				`${wantsPeers ? "shared" : "shared or slave"} mount`,
		);
	}
}

interface MountedAt {
	readonly mountpoint: string;
	readonly isShared: boolean;
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
				isShared: optional.some((field) => field.startsWith("shared:")),
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
