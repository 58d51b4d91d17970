import { accessSync, constants } from "node:fs";
import { hostname, totalmem } from "node:os";
import { join } from "node:path";
import type { Host } from "../containers/index.ts";
import { createCgroups, readSpecHost } from "../runtime/index.ts";

/** Reads once what the engine must know of the machine. */
export function readHost(): Host {
	const cgroups = createCgroups();
	return {
		hostname: hostname(),
		memoryBytes: totalmem(),
		// Linked statically, since it runs in the container's root.
		initPath: findProgram("docker-init") ?? findProgram("tini-static") ?? findProgram("tini"),
		resources: cgroups.facts(),
		spec: readSpecHost(cgroups.layout.version),
	};
}

const systemFolders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** An executable in the folders where systems keep programs, whatever the daemon's PATH. */
export function findProgram(name: string): string | undefined {
	return systemFolders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}
