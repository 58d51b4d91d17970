import { closeSync, constants, openSync, readFileSync, writeSync } from "node:fs";
import { errnoOf } from "../lib/index.ts";
import { inNetworkNamespace } from "./enter-netns.ts";

/** A kernel setting (`net/ipv4/ip_forward`), or `undefined` when this kernel does not have it. */
export function readSysctl(name: string): string | undefined {
	try {
		return readFileSync(`/proc/sys/${name}`, "utf8").trim();
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return undefined;
		throw error;
	}
}

/**
 * Sets a kernel setting; false when this kernel does not have it. Of the settings below `net/` each network namespace
 * has its own: which one a file stands for is decided when it is opened, so only that happens in the namespace.
 */
export function writeSysctl(name: string, value: string, namespaceFd?: number): boolean {
	const open = () => openSync(`/proc/sys/${name}`, constants.O_WRONLY);
	try {
		const fd = namespaceFd === undefined ? open() : inNetworkNamespace(namespaceFd, open);
		try {
			writeSync(fd, value);
		} finally {
			closeSync(fd);
		}
		return true;
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return false;
		throw error;
	}
}
