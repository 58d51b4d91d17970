import { existsSync, statSync } from "node:fs";
import { root, run, say, succeeds } from "./run.mjs";

/** Installs the locked npm packages, the pinned Bun among them. */
export function installNpmPackages() {
	const stamp = `${root}node_modules/.package-lock.json`;
	const fresh = existsSync(stamp) && statSync(stamp).mtimeMs >= statSync(`${root}package-lock.json`).mtimeMs;
	if (!fresh) {
		say("installing npm packages");
		// Not `npm ci`: it refuses a lock without the entries of platforms that a registry does not carry.
		run("npm", ["install", "--no-save", "--no-fund", "--no-audit"]);
	}
	if (!succeeds(`${root}node_modules/.bin/bun`, ["--version"])) run("node", ["node_modules/bun/install.js"]);
}
