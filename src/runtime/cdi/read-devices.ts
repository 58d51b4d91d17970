import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../../lib/index.ts";
import { parseYaml } from "../../sys/index.ts";
import type { CdiDevices, CdiSpec } from "./contract.ts";
import { parseCdiSpec } from "./parse-spec.ts";

const mostFiles = 1024;
const mostBytes = 4 * 2 ** 20;

/**
 * Reads what the folders (later ones over earlier ones) offer now. A file mounts what it likes and names programs that
 * run as root: it and its folder must be root's and writable for nobody else. What is wrong is left out and told in
 * `problems`; of a device that two files of one folder define, both are left out.
 */
export function readCdiDevices(folders: readonly string[]): CdiDevices {
	const devices = new Map<string, { spec: CdiSpec; edits: CdiSpec["edits"] }>();
	const problems: string[] = [];
	for (const folder of folders) {
		const own = new Map<string, { spec: CdiSpec; edits: CdiSpec["edits"] }>();
		const conflicts = new Set<string>();
		for (const spec of readFolder(folder, problems)) {
			for (const [name, edits] of spec.devices) {
				const qualified = `${spec.kind}=${name}`;
				const other = own.get(qualified);
				if (other !== undefined) {
					problems.push(`${spec.path}: conflicting device ${qualified}: also in ${other.spec.path}`);
					conflicts.add(qualified);
				}
				own.set(qualified, { spec, edits });
			}
		}
		for (const [name, device] of own)
			if (conflicts.has(name)) devices.delete(name);
			else devices.set(name, device);
	}
	return { devices, problems };
}

function readFolder(folder: string, problems: string[]): CdiSpec[] {
	return namesIn(folder, problems).flatMap((name) => {
		const path = join(folder, name);
		try {
			return [parseCdiSpec(path, parseText(path, readTrusted(path)))];
		} catch (error) {
			const { message } = error as Error;
			problems.push(message.startsWith(path) ? message : `${path}: ${message}`);
			return [];
		}
	});
}

function namesIn(folder: string, problems: string[]): string[] {
	try {
		if (!isRoots(statSync(folder))) {
			problems.push(`${folder}: must belong to root and be writable for nobody else`);
			return [];
		}
		const names = readdirSync(folder).filter((name) => /\.(json|yaml)$/.test(name));
		if (names.length > mostFiles) problems.push(`${folder}: only the first ${mostFiles} files are read`);
		return names.sort().slice(0, mostFiles);
	} catch (error) {
		if (errnoOf(error) !== "ENOENT") problems.push(`${folder}: ${(error as Error).message}`);
		return [];
	}
}

function readTrusted(path: string): string {
	const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
	try {
		const stats = fstatSync(fd);
		if (!stats.isFile()) throw new Error("is not a file");
		if (!isRoots(stats)) throw new Error("must belong to root and be writable for nobody else");
		if (stats.size > mostBytes) throw new Error(`is larger than ${mostBytes} bytes`);
		return readFileSync(fd, "utf8");
	} finally {
		closeSync(fd);
	}
}

function isRoots({ uid, mode }: { readonly uid: number; readonly mode: number }): boolean {
	return uid === 0 && (mode & 0o022) === 0;
}

/** Vendors write modes as YAML 1.1 does: with a leading zero, in octal. */
function parseText(path: string, text: string): unknown {
	if (path.endsWith(".json")) return JSON.parse(text);
	const octal = /(\bfileMode["']?:\s*)0([0-7]+)\b/g;
	return parseYaml(text.replace(octal, (_, key, digits) => `${key}${Number.parseInt(digits, 8)}`));
}
