import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { dirname } from "node:path";

/** Makes a Debian bookworm minbase root file system tar with mmdebstrap (about a minute, once). Returns its path. */
export function debianRootTar(path) {
	if (existsSync(path)) return path;
	mkdirSync(dirname(path), { recursive: true });
	const partial = path.replace(/\.tar$/, ".partial.tar");
	const result = spawnSync("mmdebstrap", ["--quiet", "--variant=minbase", "bookworm", partial], {
		encoding: "utf8",
	});
	if (result.status !== 0) throw new Error(`mmdebstrap: ${result.stderr}`);
	renameSync(partial, path);
	return path;
}
