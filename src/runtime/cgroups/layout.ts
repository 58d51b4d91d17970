import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Where this host keeps its control groups. */
export interface CgroupLayout {
	/** `hybrid`: the controllers are with v1, v2 is mounted beside without any. */
	readonly kind: "v1" | "hybrid" | "v2";
	readonly version: 1 | 2;
	/** v1: by controller (`memory`, `cpu`, `name=systemd`); v2: one, under the empty name. */
	readonly hierarchies: ReadonlyMap<string, Hierarchy>;
}

export interface Hierarchy {
	readonly mountpoint: string;
	/** The group that is mounted there; not `/` inside a container. */
	readonly root: string;
}

/**
 * Finds the mounted hierarchies. `procRoot` is `/proc`; tests give a recorded copy.
 * https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
 */
export function readCgroupLayout(procRoot = "/proc"): CgroupLayout {
	const v1 = new Map<string, Hierarchy>();
	let v2: Hierarchy | undefined;
	for (const mount of parseMounts(readFileSync(join(procRoot, "self/mountinfo"), "utf8"))) {
		const hierarchy = { mountpoint: mount.mountpoint, root: mount.root };
		if (mount.type === "cgroup2") v2 ??= hierarchy;
		if (mount.type !== "cgroup") continue;
		for (const option of mount.superOptions) if (!v1.has(option)) v1.set(option, hierarchy);
	}
	// The options of a v1 mount hold words such as `rw` beside its controllers; only a controller is ever looked up.
	if (v1.has("memory") || v1.has("cpu") || v1.has("pids"))
		return { kind: v2 === undefined ? "v1" : "hybrid", version: 1, hierarchies: v1 };
	return { kind: "v2", version: 2, hierarchies: v2 === undefined ? new Map() : new Map([["", v2]]) };
}

interface MountLine {
	readonly root: string;
	readonly mountpoint: string;
	readonly type: string;
	readonly superOptions: readonly string[];
}

function parseMounts(text: string): MountLine[] {
	return text
		.split("\n")
		.filter((line) => line.includes(" - cgroup"))
		.map((line) => {
			const [before = "", after = ""] = line.split(" - ");
			const fields = before.split(" ");
			const [type = "", , superOptions = ""] = after.split(" ");
			return {
				root: fields[3] ?? "/",
				mountpoint: fields[4] ?? "",
				type,
				superOptions: superOptions.split(","),
			};
		});
}
