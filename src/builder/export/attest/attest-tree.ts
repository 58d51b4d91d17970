import { digestOf } from "../../../oci/index.ts";
import type { Graph } from "../../graph/graph.ts";
import type { SolveContext } from "../../solve/context.ts";
import type { Exporting } from "../variants.ts";
import { predicatesOf } from "./predicates.ts";
import { statement } from "./statement.ts";

export interface FileSubject {
	readonly name: string;
	/** Hexadecimal. */
	readonly sha256: string;
}

/** What a build says of files that it gives out, as files with BuildKit's names. */
export async function treeStatements(
	context: SolveContext,
	exporting: Exporting,
	{ graph, subjects }: { readonly graph: Graph; readonly subjects: readonly FileSubject[] },
): Promise<{ readonly name: string; readonly bytes: Uint8Array }[]> {
	const subject = subjects.map(({ name, sha256 }) => ({ name, digest: { sha256 } }));
	const digest = digestOf(Buffer.from(JSON.stringify(subject)));
	const predicates = await predicatesOf(context, exporting, {
		graph,
		image: { name: "files", imageId: digest, manifestDigest: digest, repository: undefined },
	});
	return predicates.map(({ file, type, predicate }) => ({
		name: file,
		bytes: statement({ type, predicate, subject }),
	}));
}
