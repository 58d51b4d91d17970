import { createHash } from "node:crypto";
import {
	EngineError,
	readTar,
	type TarEntry,
	type TarItem,
	tarEntry,
	tarName,
	tarText,
	writeTar,
} from "../../lib/index.ts";
import { formatPlatform } from "../../oci/index.ts";
import type { TreeExport } from "../contract.ts";
import type { Graph } from "../graph/graph.ts";
import type { SolveContext } from "../solve/context.ts";
import { type FileSubject, treeStatements } from "./attest/attest-tree.ts";
import type { Exporting } from "./variants.ts";

type Item = { entry: TarEntry; content?: AsyncIterable<Uint8Array> | Iterable<Uint8Array> };

/**
 * The files alone, as a tar. Of several platforms each has a folder (`linux_arm64`), as BuildKit has them; what is said
 * about the result is a file beside its files.
 */
export async function exportTrees(
	context: SolveContext,
	exporting: Exporting,
	{ sink, type }: TreeExport,
): Promise<void> {
	const { graphs, results } = exporting;
	for (const { result, platform } of graphs)
		if (results.get(result)!.chainId === undefined)
			throw new EngineError(
				"invalid_argument",
				`export ${type}: the result${graphs.length > 1 ? ` for ${formatPlatform(platform)}` : ""} is empty`,
			);
	const [only] = graphs;
	const isPlain = graphs.length === 1 && !isAttested(context);
	await sink.write(isPlain ? treeOf(context, exporting, only!) : writeTar(items(context, exporting)));
}

function isAttested({ request }: SolveContext): boolean {
	return request.sbom || (request.provenance !== undefined && !request.provenance.isUnasked);
}

function treeOf({ archive, snapshots }: SolveContext, { results, signal }: Exporting, graph: Graph) {
	const { chainId } = results.get(graph.result)!;
	return archive.exportTree({ kind: "mounts", mounts: snapshots.layerMounts(chainId!) }, signal);
}

async function* items(context: SolveContext, exporting: Exporting): AsyncGenerator<Item> {
	const { graphs } = exporting;
	for (const graph of graphs) {
		const folder = graphs.length > 1 ? `${formatPlatform(graph.platform).replaceAll("/", "_")}/` : "";
		if (folder !== "") yield { entry: tarEntry({ name: tarName(folder), type: "directory", mode: 0o755 }) };
		const subjects: FileSubject[] = [];
		const wanted = isAttested(context) ? subjects : undefined;
		for await (const item of readTar(treeOf(context, exporting, graph))) yield moved(item, folder, wanted);
		if (wanted === undefined) continue;
		for (const { name, bytes } of await treeStatements(context, exporting, { graph, subjects })) {
			const entry = tarEntry({ name: tarName(`${folder}${name}`), size: bytes.length, mode: 0o644 });
			yield { entry, content: [bytes] };
		}
	}
}

/** Below a folder; the digest of a file is noted as its content goes by. */
function moved({ entry, content }: TarItem, folder: string, subjects: FileSubject[] | undefined): Item {
	const linkName = entry.type === "hardlink" ? `${folder}${entry.linkName}` : entry.linkName;
	const there = { ...entry, name: `${folder}${entry.name}`, linkName };
	// Holes are not in the content: what is hashed would not be the file.
	if (subjects === undefined || entry.type !== "file" || entry.extents !== undefined)
		return { entry: there, content };
	async function* hashed() {
		const hash = createHash("sha256");
		for await (const chunk of content) {
			hash.update(chunk);
			yield chunk;
		}
		subjects!.push({ name: tarText(entry.name).replace(/^\.?\//, ""), sha256: hash.digest("hex") });
	}
	return { entry: there, content: hashed() };
}
