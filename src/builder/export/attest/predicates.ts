import { type Subject, spdxDocument } from "../../../sbom/index.ts";
import type { Graph } from "../../graph/graph.ts";
import type { SolveContext } from "../../solve/context.ts";
import type { Exporting } from "../variants.ts";
import { provenance } from "./provenance.ts";

export interface Predicate {
	/** Of the predicate: an address. */
	readonly type: string;
	/** What it is called as a file. */
	readonly file: string;
	readonly predicate: unknown;
}

/** What was asked to be said about the result for one platform. */
export async function predicatesOf(
	context: SolveContext,
	exporting: Exporting,
	about: {
		readonly graph: Graph;
		readonly image: Pick<Subject, "name" | "imageId" | "manifestDigest" | "repository">;
	},
): Promise<Predicate[]> {
	const { request } = context;
	const predicates: Predicate[] = [];
	if (request.sbom)
		predicates.push({
			type: "https://spdx.dev/Document",
			file: "sbom.spdx.json",
			predicate: spdxDocument(await subjectOf(context, exporting, about)),
		});
	if (request.provenance !== undefined)
		predicates.push({
			type: "https://slsa.dev/provenance/v0.2",
			file: "provenance.json",
			predicate: provenance(context, about.graph, request.provenance),
		});
	return predicates;
}

async function subjectOf(
	{ archive, snapshots, latestTime, version }: SolveContext,
	{ results, signal }: Exporting,
	{ graph, image }: Parameters<typeof predicatesOf>[2],
): Promise<Subject> {
	const { chainId } = results.get(graph.result)!;
	const nothing = { release: { id: "", versionId: "", name: "" }, packages: [] };
	const list =
		chainId === undefined
			? nothing
			: await archive.listPackages({ kind: "mounts", mounts: snapshots.layerMounts(chainId) }, signal);
	const now = latestTime === undefined ? new Date() : new Date(latestTime * 1000);
	return {
		...image,
		list,
		platform: graph.platform,
		createdAt: `${now.toISOString().slice(0, 19)}Z`,
		tool: { name: "hull", version },
	};
}
