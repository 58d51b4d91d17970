import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { EngineError, errnoOf, removeTree, translateSystemError } from "../lib/index.ts";

/** Nobody but root lists the folder, but a process with another user may pass through it. */
const folderMode = 0o701;

export function makeRoot(root: string): void {
	mkdirSync(root, { recursive: true, mode: folderMode });
}

export function dataFolder(root: string, name: string): string {
	return join(root, name, "_data");
}

/** Makes the folder of a volume; one that is there (of a database that was lost) is taken as it is. */
export function makeFolder(root: string, name: string): void {
	try {
		mkdirSync(join(root, name), { recursive: true, mode: folderMode });
		mkdirSync(dataFolder(root, name), { recursive: true, mode: 0o755 });
	} catch (error) {
		throw translateSystemError(error, `create ${name}`);
	}
}

const doomedPattern = /^\.removing-(.+)-[0-9a-f]{12}$/;

/**
 * Takes a volume's folder out of the way in one step; its new name says what is to become of it. `undefined` when
 * there was none. Errors: `conflict` when something is mounted below, which deleting would empty.
 */
export function doomFolder(root: string, name: string): string | undefined {
	const path = join(root, name);
	assertNothingMounted(root, name);
	const doomed = join(root, `.removing-${name}-${randomBytes(6).toString("hex")}`);
	try {
		renameSync(path, doomed);
		return doomed;
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return undefined;
		throw translateSystemError(error, `remove ${name}`);
	}
}

/** Errors: `conflict`. */
export function assertNothingMounted(root: string, name: string): void {
	const mount = mountBelow(join(root, name));
	if (mount === undefined) return;
	throw new EngineError(
		"conflict",
		`remove ${name}: ${mount} is mounted inside the volume; unmount it first`,
	);
}

export async function deleteFolder(path: string): Promise<void> {
	await removeTree(path);
}

/** What lies in the root: volumes' folders, and those that a killed daemon was about to delete. */
export function listFolders(root: string): { names: Set<string>; doomed: { path: string; name: string }[] } {
	const names = new Set<string>();
	const doomed: { path: string; name: string }[] = [];
	for (const entry of readdirSync(root, { withFileTypes: true })) {
		if (!entry.isDirectory()) continue;
		const name = doomedPattern.exec(entry.name)?.[1];
		if (name === undefined && entry.name.startsWith(".")) continue;
		if (name === undefined) names.add(entry.name);
		else doomed.push({ path: join(root, entry.name), name });
	}
	return { names, doomed };
}

function mountBelow(folder: string): string | undefined {
	// The table writes white space and backslashes in octal.
	const path = folder.replace(/[ \t\n\\]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, "0")}`);
	return readFileSync("/proc/self/mountinfo", "utf8")
		.split("\n")
		.map((line) => line.split(" ")[4] ?? "")
		.find((mountpoint) => mountpoint === path || mountpoint.startsWith(`${path}/`));
}
