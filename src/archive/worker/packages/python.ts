import type { SoftwarePackage } from "../../contract.ts";
import { fieldOf, present } from "./dpkg.ts";
import type { TreeFile } from "./tree-files.ts";

const maxBytes = 4 * 1024 * 1024;

/** The distribution of a `METADATA` or `PKG-INFO`. https://packaging.python.org/en/latest/specifications/core-metadata/ */
export function* pythonPackage(file: TreeFile): Generator<SoftwarePackage> {
	const { parts, location } = file;
	const [folder = "", name = ""] = parts.slice(-2);
	const isMetadata =
		(name === "METADATA" && folder.endsWith(".dist-info")) ||
		(name === "PKG-INFO" && folder.endsWith(".egg-info")) ||
		name.endsWith(".egg-info");
	if (!isMetadata) return;
	const header = file.text(maxBytes).replaceAll("\r\n", "\n").split("\n\n", 1)[0]!;
	const [project, version] = [fieldOf(header, "Name"), fieldOf(header, "Version")];
	if (project === undefined || version === undefined) return;
	yield {
		type: "pypi",
		name: project,
		version,
		location,
		...present({
			license: fieldOf(header, "License-Expression") ?? fieldOf(header, "License"),
			supplier: fieldOf(header, "Author") ?? fieldOf(header, "Author-email"),
		}),
	};
}
