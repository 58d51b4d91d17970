import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SnapshotMount } from "../../../src/store/index.ts";

/** Mounts a tree in a mount namespace of its own and runs a shell script at its root; gives what it printed. */
export function runInTree(mounts: readonly SnapshotMount[], script: string): string {
	const target = mkdtempSync(join(tmpdir(), "hull-tree-"));
	const steps = mounts.map((mount) => mountCommand(mount, target));
	const program = [...steps, `cd ${target}`, script].join(" && ");
	try {
		return execFileSync("unshare", ["--mount", "--propagation", "private", "sh", "-ec", program], {
			encoding: "utf8",
			stdio: ["ignore", "pipe", "pipe"],
		});
	} finally {
		rmdirSync(target);
	}
}

function mountCommand({ type, source, cwd = "/", options }: SnapshotMount, target: string): string {
	if (type === "overlay")
		return `(cd ${cwd} && mount -t overlay -o ${options.join(",")} ${source} ${target})`;
	const remount = options.includes("ro") ? ` && mount -o remount,bind,ro ${target}` : "";
	return `mount --rbind ${source} ${target}${remount}`;
}
