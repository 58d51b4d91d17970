import { EngineError } from "../../lib/index.ts";

/** Words that exclude each other, one kind a line: the last one of a kind wins. */
const flagKinds: readonly (readonly string[])[] = [
	["ro", "rw"],
	["suid", "nosuid"],
	["dev", "nodev"],
	["exec", "noexec"],
	["sync", "async"],
	["dirsync"],
	["remount"],
	["mand", "nomand"],
	["atime", "noatime"],
	["diratime", "nodiratime"],
	["relatime", "norelatime"],
	["strictatime", "nostrictatime"],
	["bind"],
	["rbind"],
	["private", "rprivate", "shared", "rshared", "slave", "rslave", "unbindable", "runbindable"],
];

const kindOf = new Map(
	flagKinds.flatMap((words, kind) => words.map((word) => [word, `flag ${kind}`] as const)),
);
const valueKeys = new Set(["size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol"]);

/**
 * One option of each kind, the last one given, in the order of the last ones. Errors: `invalid_argument` with moby's
 * text for what tmpfs does not know.
 */
export function mergeTmpfsOptions(options: readonly string[]): string[] {
	const seen = new Set<string>();
	const kept: string[] = [];
	for (const option of options.toReversed()) {
		if (option === "defaults" || option === "") continue;
		const kind = kindOf.get(option) ?? valueKind(option);
		if (seen.has(kind)) continue;
		seen.add(kind);
		kept.unshift(option);
	}
	return kept;
}

function valueKind(option: string): string {
	const equals = option.indexOf("=");
	const key = option.slice(0, Math.max(equals, 0));
	if (valueKeys.has(key)) return key;
	const parts = equals < 0 ? [option] : [key, option.slice(equals + 1)];
	const shown = parts.map((part) => JSON.stringify(part)).join(" ");
	throw new EngineError("invalid_argument", `invalid tmpfs option [${shown}]`);
}
