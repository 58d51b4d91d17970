import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a Debian bookworm minbase root file system tar with mmdebstrap (about a minute, once), with more packages where
 * they are named. Returns its path.
 */
export function debianRootTar(path, packages = []) {
	if (existsSync(path)) return path;
	mkdirSync(dirname(path), { recursive: true });
	const partial = path.replace(/\.tar$/, ".partial.tar");
	const options = ["--quiet", "--variant=minbase", ...packages.map((name) => `--include=${name}`)];
	for (const what of ["doc", "man", "locale"]) {
		if (packages.length > 0) options.push(`--dpkgopt=path-exclude=/usr/share/${what}/*`);
	}
	const result = spawnSync("mmdebstrap", [...options, "bookworm", partial], { encoding: "utf8" });
	if (result.status !== 0) throw new Error(`mmdebstrap: ${result.stderr}`);
	renameSync(partial, path);
	return path;
}
