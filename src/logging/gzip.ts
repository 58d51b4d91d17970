import { accessSync, constants } from "node:fs";
import { join } from "node:path";

/** Path of the host's gzip, which compresses rotated files; `undefined` when it has none. */
export function findGzip(): string | undefined {
	const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/bin", "/bin"];
	return folders
		.filter((folder) => folder.startsWith("/"))
		.map((folder) => join(folder, "gzip"))
		.find(isProgram);
}

function isProgram(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}
