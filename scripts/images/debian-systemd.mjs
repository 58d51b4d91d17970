import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes the root file system of a whole Debian bookworm with systemd as its init, as a tar, with mmdebstrap (about a
 * minute, once). Documentation and translations are left out. Returns its path.
 */
export function debianSystemdRootTar(path) {
	if (existsSync(path)) return path;
	mkdirSync(dirname(path), { recursive: true });
	// A name of its own: two that make one at once each make a whole one.
	const partial = path.replace(/\.tar$/, `.${process.pid}.partial.tar`);
	const leaveOut = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*"];
	const result = spawnSync(
		"mmdebstrap",
		[
			...["--quiet", "--variant=minbase", "--include=systemd-sysv,dbus"],
			...leaveOut.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
			...["bookworm", partial],
		],
		{ encoding: "utf8" },
	);
	if (result.status !== 0) throw new Error(`mmdebstrap: ${result.stderr || result.error?.message}`);
	renameSync(partial, path);
	return path;
}
