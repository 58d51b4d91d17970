import { type Digest, isDigest } from "../oci/index.ts";
import type { Lease, Leases, Metadata } from "../store/index.ts";
import type { PushedManifest } from "./contract.ts";

/** What was pushed, mirrored in memory; each holds its blobs by a lease for as long as it is there. */
export interface PushedManifests {
	all(): readonly PushedManifest[];
	get(repository: string, digest: Digest): PushedManifest | undefined;
	byTag(repository: string, tag: string): PushedManifest | undefined;
	inRepository(repository: string): readonly PushedManifest[];
	/** Writes one, and takes its tags from the others of its repository, in one transaction. */
	put(manifest: PushedManifest): void;
	/** Gives the blobs that it held. */
	delete(manifest: PushedManifest): readonly Digest[];
}

export function openPushedManifests(metadata: Metadata, leases: Leases): PushedManifests {
	const documents = metadata.documents<PushedManifest>("pushed_manifests", parseRow);
	const byKey = new Map<string, PushedManifest>();
	const holds = new Map<string, Lease>();

	const remember = (manifest: PushedManifest) => {
		const key = keyOf(manifest);
		byKey.set(key, manifest);
		if (holds.has(key)) return;
		const lease = leases.create();
		for (const digest of manifest.blobs) lease.hold(digest);
		holds.set(key, lease);
	};
	for (const { value } of documents.entries()) remember(value);

	const inRepository = (repository: string) =>
		[...byKey.values()].filter((manifest) => manifest.repository === repository);
	return {
		all: () => [...byKey.values()],
		get: (repository, digest) => byKey.get(keyOf({ repository, digest })),
		byTag: (repository, tag) => inRepository(repository).find(({ tags }) => tags.includes(tag)),
		inRepository,
		put(manifest) {
			const robbed = inRepository(manifest.repository)
				.filter(
					({ digest, tags }) => digest !== manifest.digest && tags.some((tag) => manifest.tags.includes(tag)),
				)
				.map((other) => ({ ...other, tags: other.tags.filter((tag) => !manifest.tags.includes(tag)) }));
			metadata.transaction(() => {
				for (const one of [...robbed, manifest]) documents.put(keyOf(one), one);
			});
			for (const one of [...robbed, manifest]) remember(one);
		},
		delete(manifest) {
			const key = keyOf(manifest);
			documents.delete(key);
			byKey.delete(key);
			holds.get(key)?.[Symbol.dispose]();
			holds.delete(key);
			return manifest.blobs;
		},
	};
}

function keyOf({ repository, digest }: Pick<PushedManifest, "repository" | "digest">): string {
	return `${repository}@${digest}`;
}

/** Rows were written by this program; what is checked is what an older or a damaged row could have wrong. */
function parseRow(value: unknown): PushedManifest {
	const row = value as PushedManifest;
	if (typeof row.repository !== "string" || !isDigest(row.digest) || typeof row.mediaType !== "string")
		throw new Error("no manifest");
	if (Number.isNaN(Date.parse(row.pushedAt))) throw new Error("no time");
	for (const list of [row.tags, row.blobs, row.children])
		if (!Array.isArray(list) || !list.every((one) => typeof one === "string")) throw new Error("no lists");
	if (![...row.blobs, ...row.children].every(isDigest)) throw new Error("no digests");
	return row;
}
