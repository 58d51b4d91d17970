import { EngineError } from "../lib/index.ts";
import {
	canonicalName,
	canonicalReference,
	type Digest,
	familiarName,
	familiarReference,
	parseReference,
	type Reference,
	withDefaultTag,
} from "../oci/index.ts";
import type { ImagesContext } from "./context.ts";
import type { ImageRecord, KeptContent, Progress, PullOptions } from "./contract.ts";
import { fetchKept } from "./fetch-kept.ts";
import { holding } from "./hold.ts";
import { publishImage } from "./publish.ts";
import { fetchLayers } from "./pull-layers.ts";
import type { Pulling } from "./pulling.ts";
import { registerImage } from "./register.ts";
import { fetchImageConfig, type ResolvedImage, resolveManifest } from "./resolve.ts";

/**
 * Pulls an image: manifest for the platform, config, layers (downloads and unpacking overlap), record.
 *
 * On disk after a kill: blobs and layers that no image names, which the next start collects. The image appears with
 * its name in one step at the end.
 */
export async function pullImage(
	context: ImagesContext,
	text: string,
	options: PullOptions,
): Promise<ImageRecord> {
	const reference = parseReference(text);
	if (options.allTags !== true) return pullReference(context, withDefaultTag(reference), options);
	if (reference.tag !== undefined || reference.digest !== undefined)
		throw new EngineError("invalid_argument", "tag can't be used with --all-tags/-a");
	const { auth, signal } = options;
	const tags = await context.registry
		.open(reference, { actions: "pull", ...present({ auth, signal }) })
		.tags();
	let last: ImageRecord | undefined;
	for (const tag of tags) last = await pullReference(context, { ...reference, tag }, options);
	if (last === undefined)
		throw new EngineError("not_found", `repository ${familiarName(reference)} has no tags`);
	return last;
}

async function pullReference(
	context: ImagesContext,
	reference: Reference,
	options: PullOptions,
): Promise<ImageRecord> {
	const stop = new AbortController();
	const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
	const repository = context.registry.open(reference, {
		actions: "pull",
		signal,
		...present({ auth: options.auth }),
	});
	return holding(context, (lease) =>
		pullHeld(context, { reference, repository, options, lease, stop, signal }),
	);
}

async function pullHeld(context: ImagesContext, pulling: Pulling): Promise<ImageRecord> {
	const { reference, repository, options, lease } = pulling;
	const { progress } = options;
	const wanted = options.platform ?? context.platform;
	const resolved = await resolveManifest(repository, reference, wanted);
	const digests = [resolved.topDigest, resolved.manifestDigest];
	await context.trust.verifyBeforeStore(reference, digests, repository);
	progress({ id: reference.digest ?? reference.tag!, status: `Pulling from ${reference.path}` });
	lease.hold(resolved.manifestDigest);
	const { manifest } = resolved;
	for (const { digest } of [manifest.config, ...manifest.layers]) lease.hold(digest);
	const config = await fetchImageConfig(context, pulling, { resolved, wanted });
	const keeping = fetchKept(context, pulling, resolved);
	// Awaited in any case below, so that nothing goes on behind the caller's back.
	keeping.catch(() => {});
	try {
		if (context.records.byId(manifest.config.digest) === undefined) {
			await fetchLayers(context, pulling, { manifest, config });
			await context.content.put(resolved.bytes, { lease });
		}
	} finally {
		await Promise.allSettled([keeping]);
	}
	return finish(context, pulling, { ...resolved, config, kept: await keeping });
}

function finish(
	context: ImagesContext,
	{ reference, options: { progress, takesTag = true } }: Pulling,
	image: ResolvedImage & { readonly config: ImageRecord["config"]; readonly kept: KeptContent | undefined },
): ImageRecord {
	const tag = takesTag && reference.digest === undefined ? canonicalReference(reference) : undefined;
	const before = tag === undefined ? undefined : context.records.byName(tag);
	// An index is named by one image: the one that has its tag.
	const repoDigest = `${canonicalName(reference)}@${takesTag ? image.topDigest : image.manifestDigest}`;
	const known = context.records.byName(repoDigest);
	const { manifest, manifestDigest, config, kept } = image;
	const record = registerImage(context, {
		...{ manifest, manifestDigest, config, kept },
		tags: tag === undefined ? [] : [tag],
		repoDigests: [repoDigest],
		pulledFrom: [canonicalName(reference)],
	});
	publishImage(context, record, "pull", familiarName(reference), familiarReference(reference));
	report(progress, {
		reference,
		digest: image.topDigest,
		isNew: (tag === undefined ? known : before)?.id !== record.id,
	});
	return record;
}

function report(
	progress: Progress,
	{ reference, digest, isNew }: { reference: Reference; digest: Digest; isNew: boolean },
): void {
	progress({ status: `Digest: ${digest}` });
	const what = isNew ? "Downloaded newer image for" : "Image is up to date for";
	progress({ status: `Status: ${what} ${familiarReference(reference)}` });
}

function present<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
	return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;
}
