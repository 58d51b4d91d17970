import type { SoftwarePackage } from "../../contract.ts";
import { present } from "./dpkg.ts";
import type { TreeFile } from "./tree-files.ts";

const maxBytes = 1024 * 1024;

/** The package of a `node_modules/<name>/package.json`, or `node_modules/@scope/<name>/package.json`. */
export function* npmPackage(file: TreeFile): Generator<SoftwarePackage> {
	const { parts, location } = file;
	if (parts.at(-1) !== "package.json") return;
	const folder = parts.at(-3)?.startsWith("@") ? parts.at(-4) : parts.at(-3);
	if (folder !== "node_modules") return;
	const manifest: unknown = JSON.parse(file.text(maxBytes));
	if (typeof manifest !== "object" || manifest === null) return;
	const { name, version, license, author } = manifest as Record<string, unknown>;
	if (typeof name !== "string" || typeof version !== "string" || name === "" || version === "") return;
	yield {
		type: "npm",
		name,
		version,
		location,
		...present({ license: textOf(license, "type"), supplier: textOf(author, "name") }),
	};
}

/** A text, or an object with the text in a member. */
function textOf(value: unknown, key: string): string | undefined {
	const text = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : value;
	return typeof text === "string" && text !== "" ? text : undefined;
}
