import type { ComposedVariant, Statement } from "../../../images/index.ts";
import { digestHex, familiarReference, parseReference } from "../../../oci/index.ts";
import type { Graph } from "../../graph/graph.ts";
import type { SolveContext } from "../../solve/context.ts";
import type { Exporting } from "../variants.ts";
import { imagePackageUrl } from "./package-url.ts";
import { predicatesOf } from "./predicates.ts";
import { statement } from "./statement.ts";

/** What a build says of an image that it made: how, and of what software. The image is named by its digest. */
export async function attestVariant(
	context: SolveContext,
	exporting: Exporting,
	about: { readonly graph: Graph; readonly variant: ComposedVariant; readonly names: readonly string[] },
): Promise<Statement[]> {
	const { graph, variant, names } = about;
	const platform = variant.descriptor.platform!;
	const digest = { sha256: digestHex(variant.manifestDigest) };
	const urls = names.map((name) => imagePackageUrl(parseReference(name), { platform }));
	const subject = (urls.length > 0 ? urls : ["_"]).map((name) => ({ name, digest }));
	const [first] = names;
	const predicates = await predicatesOf(context, exporting, {
		graph,
		image: {
			name: first === undefined ? variant.manifest.config.digest : familiarReference(parseReference(first)),
			imageId: variant.manifest.config.digest,
			manifestDigest: variant.manifestDigest,
			repository: undefined,
		},
	});
	return predicates.map(({ type, predicate }) => ({
		predicateType: type,
		bytes: statement({ type, predicate, subject }),
	}));
}
