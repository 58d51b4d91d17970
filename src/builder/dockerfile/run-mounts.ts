import { closest } from "../../lib/closest.ts";
import { parseSize } from "../size.ts";
import type { RunMount } from "./commands.ts";
import { parseBoolean } from "./flags.ts";
import type { Refuse } from "./refuse.ts";

const types = ["bind", "cache", "tmpfs", "secret", "ssh"] as const;
const common = ["type", "target", "dst", "destination"];
const known: Readonly<Record<(typeof types)[number], readonly string[]>> = {
	bind: [...common, "source", "src", "from", "rw", "readwrite", "ro", "readonly"],
	cache: [
		...common,
		"id",
		"source",
		"src",
		"from",
		"rw",
		"readwrite",
		"ro",
		"readonly",
		"sharing",
		"mode",
		"uid",
		"gid",
	],
	tmpfs: [...common, "size"],
	secret: [...common, "id", "source", "src", "env", "required", "mode", "uid", "gid"],
	ssh: [...common, "id", "required", "mode", "uid", "gid"],
};

/** One `--mount` of `RUN`: `type=cache,target=/root/.npm,sharing=locked`. */
export function parseRunMount(text: string, refuse: Refuse): RunMount {
	const fields = readFields(text, refuse);
	const type = fields.get("type") ?? "bind";
	if (!types.includes(type as never))
		return refuse(`unsupported mount type "${type}"${didYouMean(type, types)}`, type);
	const kind = type as (typeof types)[number];
	for (const name of fields.keys()) {
		if (known[kind].includes(name)) continue;
		return refuse(`unexpected key '${name}' for mount type '${kind}'${didYouMean(name, known[kind])}`, name);
	}
	const get = (...names: readonly string[]) =>
		names.map((name) => fields.get(name)).find((value) => value !== undefined);
	const flag = (...names: readonly string[]) => {
		const value = get(...names);
		return value === undefined ? undefined : value === "" || parseBoolean(value, names[0]!, refuse);
	};
	const target = get("target", "dst", "destination") ?? "";
	const source = get("source", "src") ?? "";
	const from = get("from");
	const readOnly = flag("ro", "readonly") ?? !(flag("rw", "readwrite") ?? kind !== "bind");
	const owner = { uid: get("uid") ?? "0", gid: get("gid") ?? "0" };
	const required = flag("required") ?? false;
	const needsTarget = kind === "bind" || kind === "cache" || kind === "tmpfs";
	if (needsTarget && target === "") return refuse(`invalid mount ${text}: a target is required`, text);
	switch (kind) {
		case "bind":
			return { type: kind, target, source, readOnly, ...(from ? { from } : {}) };
		case "cache": {
			const sharing = get("sharing") ?? "shared";
			if (sharing !== "shared" && sharing !== "private" && sharing !== "locked")
				return refuse(
					`unsupported sharing value "${sharing}"${didYouMean(sharing, ["shared", "private", "locked"])}`,
					sharing,
				);
			const mode = readMode(get("mode") ?? "0755", refuse);
			return {
				type: kind,
				target,
				id: get("id") ?? "",
				source,
				readOnly,
				sharing,
				mode,
				...owner,
				...(from ? { from } : {}),
			};
		}
		case "tmpfs": {
			const size = get("size");
			return { type: kind, target, ...(size === undefined ? {} : { sizeBytes: parseSize(size, refuse) }) };
		}
		case "secret": {
			const env = get("env") ?? "";
			const id = get("id") ?? (source || target.slice(target.lastIndexOf("/") + 1));
			if (id === "") return refuse("one of id, source or target is required for a secret mount", text);
			const path = target !== "" || env !== "" ? target : `/run/secrets/${id}`;
			return {
				type: kind,
				id,
				target: path,
				env,
				required,
				mode: readMode(get("mode") ?? "0400", refuse),
				...owner,
			};
		}
		case "ssh":
			return {
				type: kind,
				id: get("id") ?? "default",
				target,
				env: "",
				required,
				mode: readMode(get("mode") ?? "0600", refuse),
				...owner,
			};
	}
}

/** Fields are separated as in CSV, so that a value may be quoted. */
function readFields(text: string, refuse: Refuse): Map<string, string> {
	const fields = new Map<string, string>();
	for (const match of text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) {
		const field = match[1]?.replaceAll('""', '"') ?? match[2]!;
		if (field === "") continue;
		const equals = field.indexOf("=");
		const name = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
		if (fields.has(name)) return refuse(`duplicate key '${name}' in mount`, name);
		fields.set(name, equals < 0 ? "" : field.slice(equals + 1));
	}
	return fields;
}

function readMode(text: string, refuse: Refuse): number {
	if (/^0?[0-7]{1,4}$/.test(text)) return Number.parseInt(text, 8);
	return refuse(`invalid value ${text} for mode: octal digits are expected`, text);
}

function didYouMean(word: string, candidates: readonly string[]): string {
	const near = closest(word, candidates);
	return near === undefined ? "" : `; did you mean '${near}'?`;
}
