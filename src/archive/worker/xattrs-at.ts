import { changeDirectory } from "../../sys/index.ts";
import { readXattrs } from "./read-xattrs.ts";

/** Extended attributes that belong to a file's content, as text. */
export function xattrsAt(
	place: number | { readonly directory: number; readonly name: string },
): Readonly<Record<string, string>> {
	if (typeof place !== "number") changeDirectory(place.directory);
	const xattrs = readXattrs(typeof place === "number" ? place : place.name);
	if (xattrs.size === 0) return none;
	return Object.fromEntries(
		[...xattrs].sort().map(([name, value]) => [name, Buffer.from(value).toString("base64")]),
	);
}

const none = {};
