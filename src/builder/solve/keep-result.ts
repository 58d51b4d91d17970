import type { ArchiveRoot, TreeEntry } from "../../archive/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { ImageConfigFile } from "../../oci/index.ts";
import { toByteString } from "../../sys/index.ts";
import { cleanPath } from "../contexts/ignore.ts";
import type { KeptResult } from "../contract.ts";
import { digestOfJson } from "../graph/definition.ts";
import type { StepContext } from "../steps/context.ts";
import type { StepResult } from "../steps/result.ts";

/** Holds what a build came to beyond its end, for builds that stand on it and for who looks into it. */
export function keepResult(
	context: Pick<StepContext, "leases" | "snapshots" | "archive">,
	{ layers, chainId }: StepResult,
	config: ImageConfigFile,
): KeptResult {
	const { leases, snapshots, archive } = context;
	const lease = leases.create();
	for (const { digest } of layers) lease.hold(digest);
	if (chainId !== undefined) lease.hold(chainId);
	const scan = async (path: string, shallow: boolean, signal: AbortSignal): Promise<readonly TreeEntry[]> => {
		if (chainId === undefined) return [];
		const root: ArchiveRoot = { kind: "mounts", mounts: snapshots.layerMounts(chainId) };
		const question = { paths: [toByteString(cleanPath(path))], digests: false, shallow };
		const [place] = await archive.scanTree(root, question, signal);
		return place?.entries ?? [];
	};
	return {
		id: digestOfJson({ chainId: chainId ?? "", config }),
		tree: { layers, chainId, layer: undefined },
		config,
		share: () => keepResult(context, { layers, chainId, layer: undefined }, config),
		look: async (path, signal) => (await scan(path, true, signal))[0],
		async list(path, signal) {
			const [folder, ...below] = await scan(path, false, signal);
			if (folder === undefined) {
				if (cleanPath(path) === "") return [];
				throw new EngineError("not_found", `${path}: no such file or directory`);
			}
			if (folder.kind !== "folder") throw new EngineError("invalid_argument", `${path} is no folder`);
			const start = folder.path === "" ? 0 : folder.path.length + 1;
			return below.filter((entry) => !entry.path.includes("/", start));
		},
		async readFile(path, maxBytes) {
			if (chainId === undefined) return undefined;
			const root: ArchiveRoot = { kind: "mounts", mounts: snapshots.layerMounts(chainId) };
			return await archive.readFile(root, `/${cleanPath(path)}`, maxBytes);
		},
		[Symbol.dispose]: () => lease[Symbol.dispose](),
	};
}
