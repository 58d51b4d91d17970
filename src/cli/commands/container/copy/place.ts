import { isAbsolute } from "node:path";

export interface ContainerPath {
	readonly kind: "container";
	readonly container: string;
	readonly path: string;
}

/** One side of a copy. */
export type Place = ContainerPath | { readonly kind: "local"; readonly path: string };

/** `name:path` is in a container; an absolute path or one that starts with a dot is here, colons or not. */
export function parsePlace(text: string): Place {
	const colon = text.indexOf(":");
	if (isAbsolute(text) || text.startsWith(".") || colon <= 0) return { kind: "local", path: text };
	return { kind: "container", container: text.slice(0, colon), path: text.slice(colon + 1) };
}

/** The path asks for the content of a folder: it ends in `/.`, or is `.`. */
export function asksForContent(path: string): boolean {
	return path === "." || path.endsWith("/.");
}

/** The path can only be a folder. */
export function assertsFolder(path: string): boolean {
	return path.endsWith("/") || asksForContent(path);
}
