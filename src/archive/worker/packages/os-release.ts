import { isEngineError } from "../../../lib/index.ts";
import type { PackageList } from "../../contract.ts";
import type { TreeFiles } from "./tree-files.ts";

const maxBytes = 64 * 1024;

/** Which distribution a tree is of. https://www.freedesktop.org/software/systemd/man/latest/os-release.html */
export function readRelease(files: TreeFiles): PackageList["release"] {
	const text = textOf(files, "/etc/os-release") ?? textOf(files, "/usr/lib/os-release") ?? "";
	const value = (key: string) => {
		const match = new RegExp(`^${key}=(.{0,200})$`, "m").exec(text);
		return (match?.[1] ?? "").replace(/^(["'])(.*)\1$/, "$2");
	};
	return { id: value("ID"), versionId: value("VERSION_ID"), name: value("PRETTY_NAME") };
}

function textOf(files: TreeFiles, path: string): string | undefined {
	try {
		return files.read(path, maxBytes);
	} catch (error) {
		// Too big to be one.
		if (isEngineError(error, "corrupt")) return undefined;
		throw error;
	}
}
