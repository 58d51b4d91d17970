import type { AttestationStatement } from "../../api/index.ts";
import type { Images, LeafManifest } from "../../images/index.ts";
import { EngineError } from "../../lib/index.ts";
import { type Descriptor, hostPlatform, parsePlatform } from "../../oci/index.ts";
import type { ContentStore } from "../../store/index.ts";

/** https://github.com/in-toto/attestation/blob/main/spec/v1/envelope.md */
const statementType = "application/vnd.in-toto+json";
const predicateAnnotation = "in-toto.io/predicate-type";
const maxStatementBytes = 64 * 1024 * 1024;

/**
 * The in-toto statements that an image's index holds about the image of a platform, as they are. None of them is
 * believed or verified here.
 */
export async function imageAttestations(
	{ images, content }: { images: Images; content: ContentStore },
	reference: string,
	{ platform, types, statements }: { platform?: string; types: readonly string[]; statements: boolean },
): Promise<AttestationStatement[]> {
	const image = images.get(reference);
	const wanted = platform === undefined ? hostPlatform() : parsePlatform(platform);
	const subject =
		image.kept?.index === undefined && platform === undefined
			? image.manifestDigest
			: (await images.variant(reference, wanted)).manifestDigest;
	const about = (await images.manifests(image)).filter(({ attests }) => attests === subject);
	const found = about
		.flatMap(statementLayers)
		.filter(({ type }) => types.length === 0 || types.includes(type));
	return Promise.all(
		found.map(async ({ layer, type }) => ({
			Descriptor: { ...layer, annotations: { ...layer.annotations } },
			PredicateType: type,
			...(statements ? { Statement: await readStatement(content, layer) } : {}),
		})),
	);
}

function statementLayers({ manifest, isWhole }: LeafManifest): { layer: Descriptor; type: string }[] {
	if (manifest === undefined || !isWhole) return [];
	return manifest.layers
		.filter(({ mediaType }) => mediaType === statementType)
		.map((layer) => ({ layer, type: layer.annotations?.[predicateAnnotation] ?? "" }));
}

async function readStatement(content: ContentStore, { digest }: Descriptor): Promise<unknown> {
	const bytes = await content.read(digest, maxStatementBytes);
	try {
		return JSON.parse(Buffer.from(bytes).toString());
	} catch (cause) {
		throw new EngineError("corrupt", `attestation ${digest} is not valid JSON`, { cause });
	}
}
