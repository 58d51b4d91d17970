import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export function say(text) {
	console.log(`setup: ${text}`);
}

/** Runs a command to its end; its output is shown only when it fails, then setup ends. */
export function run(command, args, options = {}) {
	const result = spawnSync(command, args, { cwd: root, encoding: "utf8", maxBuffer: 1 << 26, ...options });
	if (result.status === 0) return result.stdout;
	const output = `${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}`;
	console.error(`setup: ${command} ${args.join(" ")} failed:\n${output.split("\n").slice(-30).join("\n")}`);
	process.exit(1);
}

export function succeeds(command, args) {
	return spawnSync(command, args, { cwd: root, stdio: "ignore" }).status === 0;
}
