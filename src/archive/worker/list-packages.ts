import { EngineError, errnoOf, isEngineError } from "../../lib/index.ts";
import type { PackageList, SoftwarePackage } from "../contract.ts";
import type { WorkerRequest } from "../protocol.ts";
import { enterTree } from "./enter-tree.ts";
import { alpinePackages } from "./packages/apk.ts";
import { debianPackages } from "./packages/dpkg.ts";
import { goModules } from "./packages/go.ts";
import { npmPackage } from "./packages/npm.ts";
import { readRelease } from "./packages/os-release.ts";
import { pythonPackage } from "./packages/python.ts";
import { TreeFiles } from "./packages/tree-files.ts";
import { report } from "./report.ts";

/**
 * The software in a tree: what package managers keep books of, and what lies in it with a manifest of its own. All of
 * it was written by whoever made the image: sizes, counts and lengths are bounded, and a file that makes no sense is
 * left out with a warning.
 */
export function listPackages(request: Extract<WorkerRequest, { op: "list-packages" }>): PackageList {
	const files = new TreeFiles(enterTree(request.root, request.mountPoint), request.limits.maxEntries);
	const found = new Map<string, SoftwarePackage>();
	const add = (packages: Iterable<SoftwarePackage>) => {
		for (const one of packages) {
			const cut = bounded(one);
			found.set([cut.type, cut.name, cut.version, cut.location].join("\0"), cut);
			if (found.size > request.limits.maxPackages)
				throw new EngineError("too_large", `more than ${request.limits.maxPackages} packages`);
		}
	};
	const tolerant = (location: string, read: () => Iterable<SoftwarePackage>) => {
		try {
			add(read());
		} catch (error) {
			if (isEngineError(error, "too_large") || !isReadError(error)) throw error;
			report({ kind: "warning", text: `${location}: ${(error as Error).message}`.slice(0, 500) });
		}
	};
	const release = readRelease(files);
	for (const [location, text] of files.debianDatabases())
		tolerant(location, () => debianPackages(text, location));
	for (const [location, text] of files.alpineDatabases())
		tolerant(location, () => alpinePackages(text, location));
	for (const file of files.walk()) {
		tolerant(file.location, () => [...npmPackage(file), ...pythonPackage(file), ...goModules(file)]);
	}
	const packages = [...found.values()].sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
	return { release, packages };
}

/** What foreign files cause; anything else is a bug. */
function isReadError(error: unknown): boolean {
	return errnoOf(error) !== undefined || error instanceof SyntaxError || isEngineError(error);
}

const maxText = 512;

function bounded(one: SoftwarePackage): SoftwarePackage {
	return Object.fromEntries(
		Object.entries(one).map(([key, text]) => [key, (text as string).slice(0, maxText)]),
	) as unknown as SoftwarePackage;
}

function keyOf({ type, name, version, location }: SoftwarePackage): string {
	return [type, name, version, location].join("\0");
}
