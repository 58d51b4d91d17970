import { openSync } from "node:fs";
import { EngineError, type TarEntry } from "../../lib/index.ts";
import { enterPrivateMountNamespace, enterRoot, O } from "../../sys/index.ts";
import type { WorkerRequest } from "../protocol.ts";
import { quote } from "./entry-name.ts";
import { extract } from "./extract.ts";
import { openInput } from "./input.ts";
import { report } from "./report.ts";
import { TreeWriter } from "./tree-writer.ts";

const STDIN = 0;

/**
 * An archive of a folder into that folder, which becomes this process's root before the first byte is read. Device
 * nodes are refused unless they are asked for: outside of a container nothing keeps anybody from using them.
 */
export async function importTree(
	request: Extract<WorkerRequest, { op: "import-tree" }>,
): Promise<{ bytes: number; inodes: number }> {
	const { limits, changes, devices } = request;
	const input = openInput(STDIN);
	const root = openSync(request.directory, O.RDONLY | O.DIRECTORY | O.NOFOLLOW);
	enterPrivateMountNamespace();
	enterRoot(root);
	const writer = new TreeWriter({
		root,
		base: ".",
		whiteouts: changes ? "apply" : "none",
		noOverwriteDirNonDir: false,
		setsRoot: true,
		limits,
		...(devices ? {} : { check: refuseDevice }),
		warn: (text) => report({ kind: "warning", text }),
	});
	return await extract(input, writer, { limits });
}

function refuseDevice({ name, type, deviceMajor, deviceMinor }: TarEntry): void {
	if (type !== "character" && type !== "block") return;
	// overlayfs' whiteout: no device, whoever opens it.
	if (type === "character" && deviceMajor === 0 && deviceMinor === 0) return;
	throw new EngineError("forbidden", `the archive has a device, ${quote(name)}: allow devices to import it`);
}
