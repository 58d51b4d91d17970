import type { Logger } from "../lib/index.ts";
import type { ArchiveRoot, PackageList, SoftwarePackage } from "./contract.ts";
import { isRecord, stringIn } from "./protocol.ts";
import { startWorker } from "./start-worker.ts";

const limits = { maxEntries: 5_000_000, maxPackages: 50_000 };
const types: readonly string[] = ["deb", "apk", "npm", "pypi", "golang"];
const optional = ["architecture", "source", "license", "supplier"] as const;
const maxText = 512;

interface ListOptions {
	readonly log: Logger;
	readonly mountPoint: string;
	readonly signal: AbortSignal | undefined;
}

export async function listPackages(
	root: ArchiveRoot,
	{ log, mountPoint, signal }: ListOptions,
): Promise<PackageList> {
	using worker = startWorker({ op: "list-packages", root, mountPoint, limits }, { log, signal });
	return parseList(await worker.result);
}

/** A worker that read hostile files is not trusted further than its messages. */
function parseList(value: unknown): PackageList {
	if (!isRecord(value) || !isRecord(value["release"]) || !Array.isArray(value["packages"]))
		throw new Error("packages: no list");
	if (value["packages"].length > limits.maxPackages) throw new Error("packages: too many");
	const { release } = value;
	return {
		release: {
			id: text(release, "id"),
			versionId: text(release, "versionId"),
			name: text(release, "name"),
		},
		packages: value["packages"].map(parsePackage),
	};
}

function parsePackage(item: unknown): SoftwarePackage {
	if (!isRecord(item)) throw new Error("packages: bad item");
	const type = text(item, "type");
	if (!types.includes(type)) throw new Error(`packages: type ${type}`);
	return {
		type: type as SoftwarePackage["type"],
		name: text(item, "name"),
		version: text(item, "version"),
		location: text(item, "location"),
		...Object.fromEntries(optional.filter((key) => key in item).map((key) => [key, text(item, key)])),
	};
}

/** Without what would move a terminal's cursor or break a line. */
function text(item: Record<string, unknown>, key: string): string {
	return stringIn(item, key)
		.slice(0, maxText)
		.replace(/[\p{Cc}\p{Cs}]/gu, "\ufffd");
}
