import { type Dirent, lstatSync, readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { EngineError, errnoOf } from "../../lib/index.ts";
import type { Device } from "../../oci/index.ts";
import type { GrantedDevice } from "./input.ts";

/** `HostConfig.Devices`: one `--device`. */
export interface DeviceMapping {
	readonly pathOnHost: string;
	/** Empty: as on the host. */
	readonly pathInContainer: string;
	/** Letters of `rwm`; empty is all. */
	readonly access: string;
}

/**
 * Looks a device up, or all below a folder. Errors: `invalid_argument` with Docker's text for what is not there or no
 * device.
 */
export function readDevices(mapping: DeviceMapping): GrantedDevice[] {
	const access = mapping.access || "rwm";
	if (!/^[rwm]{1,3}$/.test(access))
		throw new EngineError("invalid_argument", `invalid device mode: ${mapping.access}`);
	const target = mapping.pathInContainer || mapping.pathOnHost;
	const found = devicesAt(mapping.pathOnHost, target);
	return found.map((device) => ({ device, access }));
}

/** All devices of the host, as privileged containers get them; pseudo terminals, shm and the console are their own. */
export function readHostDevices(): Device[] {
	return walk("/dev").filter((device) => device.type !== "p" && device.path !== "/dev/console");
}

/** Numbers of the block device that a blkio limit names. Errors: `invalid_argument`. */
export function readDeviceNumbers(path: string): { readonly major: number; readonly minor: number } {
	const stats = statOrExplain(path, (problem) => `stat ${path}: ${problem}`);
	return { major: majorOf(stats.rdev), minor: minorOf(stats.rdev) };
}

function devicesAt(pathOnHost: string, target: string): Device[] {
	const explain = (problem: string) =>
		`error gathering device information while adding custom device ${JSON.stringify(pathOnHost)}: ${problem}`;
	const stats = statOrExplain(pathOnHost, explain);
	const path = realpathSync(pathOnHost);
	if (stats.isDirectory()) {
		const inside = walk(path).map((device) => ({ ...device, path: target + device.path.slice(path.length) }));
		if (inside.length > 0) return inside;
	}
	const device = deviceOf(target, stats);
	if (device === undefined) throw new EngineError("invalid_argument", explain("not a device node"));
	return [device];
}

const skippedFolders = new Set(["pts", "shm", "fd", "mqueue", ".lxc", ".lxd-mounts", ".udev"]);

/** Devices may come and go while the folder is read: what vanished is skipped. */
function walk(folder: string): Device[] {
	return entriesOf(folder).flatMap((entry) => {
		const path = join(folder, entry.name);
		if (entry.isDirectory()) return skippedFolders.has(entry.name) ? [] : walk(path);
		if (!entry.isCharacterDevice() && !entry.isBlockDevice() && !entry.isFIFO()) return [];
		const stats = lstatSync(path, { throwIfNoEntry: false });
		const device = stats && deviceOf(path, stats);
		return device === undefined ? [] : [device];
	});
}

function entriesOf(folder: string): Dirent[] {
	try {
		return readdirSync(folder, { withFileTypes: true });
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return [];
		throw error;
	}
}

function deviceOf(path: string, stats: Stats): Device | undefined {
	const type = stats.isBlockDevice()
		? "b"
		: stats.isCharacterDevice()
			? "c"
			: stats.isFIFO()
				? "p"
				: undefined;
	if (type === undefined) return undefined;
	return {
		type,
		path,
		major: majorOf(stats.rdev),
		minor: minorOf(stats.rdev),
		fileMode: stats.mode & 0o7777,
		uid: stats.uid,
		gid: stats.gid,
	};
}

function statOrExplain(path: string, explain: (problem: string) => string): Stats {
	try {
		return statSync(path);
	} catch (error) {
		const missing = errnoOf(error) === "ENOENT" ? "no such file or directory" : (error as Error).message;
		throw new EngineError("invalid_argument", explain(missing), { cause: error });
	}
}

/** Linux packs device numbers into 64 bits with the low parts together; see makedev(3). */
function majorOf(rdev: number): number {
	return ((rdev >>> 8) & 0xfff) | (Math.floor(rdev / 2 ** 32) & ~0xfff);
}

function minorOf(rdev: number): number {
	return (rdev & 0xff) | ((rdev >>> 12) & 0xfff00);
}
