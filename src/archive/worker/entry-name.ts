import { EngineError, tarText } from "../../lib/index.ts";

const NAME_MAX = 255;
const PATH_LIMIT = 4095;

/**
 * An entry's name as a path below the root, without `.`, `..`, doubled or outer slashes; the root itself is empty. As
 * Docker does, an absolute name is taken from the root, and one that climbs out of it is refused.
 */
export function entryPath(name: string): string {
	if (!needsCleaning(name)) return checkLength(name, name.endsWith("/") ? name.slice(0, -1) : name);
	const parts: string[] = [];
	for (const part of name.split("/")) {
		if (part === "" || part === ".") continue;
		if (part !== "..") parts.push(part);
		else if (parts.pop() === undefined) throw badEntry(name, "it is outside of the archive's root");
	}
	return checkLength(name, parts.join("/"));
}

/** What a symbolic link leads to, as it is. Errors: `corrupt` for what no link can hold. */
export function linkTarget({ name, linkName }: { readonly name: string; readonly linkName: string }): string {
	if (linkName === "") throw badEntry(name, "symlink to nothing");
	if (linkName.length > PATH_LIMIT) throw badEntry(name, `its target has ${linkName.length} bytes`);
	if (linkName.includes("\0")) throw badEntry(name, "its target has a NUL");
	return linkName;
}

export function badEntry(name: string, reason: string, cause?: unknown): EngineError {
	return new EngineError("corrupt", `bad archive at entry ${quote(name)}: ${reason}`, { cause });
}

/** A name for messages: bounded, in quotes. */
export function quote(name: string): string {
	const text = tarText(name);
	return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}

function needsCleaning(name: string): boolean {
	return name.startsWith("/") || name.startsWith(".") || name.includes("//") || name.includes("/.");
}

function checkLength(name: string, path: string): string {
	if (path.length > PATH_LIMIT) throw badEntry(name, `its name has ${path.length} bytes`);
	if (path.includes("\0")) throw badEntry(name, "its name has a NUL");
	if (path.length <= NAME_MAX) return path;
	for (const part of path.split("/"))
		if (part.length > NAME_MAX) throw badEntry(name, `a part of its name has ${part.length} bytes`);
	return path;
}

/** `a/b/c` as `a/b` and `c`. */
export function splitPath(path: string): { parent: string; base: string } {
	const slash = path.lastIndexOf("/");
	return slash < 0
		? { parent: "", base: path }
		: { parent: path.slice(0, slash), base: path.slice(slash + 1) };
}
