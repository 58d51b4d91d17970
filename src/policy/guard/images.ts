import type { ImageSummary } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import { canonicalReference, parseReference, type Reference, withDefaultTag } from "../../oci/index.ts";
import type { DistributionBackend, ImageBackend, SbomBackend } from "../../server/index.ts";
import { checkImageName, checkTag, checkTagOf, imageDenial, joined } from "../checks/image-names.ts";
import type { SocketPolicy } from "../contract.ts";
import { denial, quoted } from "../denial.ts";
import { matchesImage, matchesImageName } from "../patterns.ts";
import type { GuardRooms, KnownImage } from "./rooms.ts";

/** Images behind a policy: those that the rule `images` names are there, and names are given by the rule `tags`. */
export function guardImages(policy: SocketPolicy, inner: ImageBackend, rooms: GuardRooms): ImageBackend {
	const seen = (reference: string) => assertSeen(policy, rooms, reference);
	return {
		async list(query) {
			const listed = await inner.list(query);
			return listed.flatMap((image) => shown(policy, image) ?? []);
		},
		async inspect(reference, options) {
			seen(reference);
			const image = await inner.inspect(reference, options);
			return { ...image, ...namesShown(policy, image) };
		},
		async history(reference, options) {
			seen(reference);
			return inner.history(reference, options);
		},
		async attestations(reference, options) {
			seen(reference);
			return inner.attestations(reference, options);
		},
		async pull(request, emit, signal) {
			checkImageName(policy, parseReference(joined(request.fromImage, request.tag)));
			return inner.pull(request, emit, signal);
		},
		async import(request, emit, signal) {
			if (request.source !== "-")
				throw denial(policy, "addresses", "fromSrc: the engine fetches nothing from addresses for it");
			if (request.repo !== "") checkTag(policy, joined(request.repo, request.tag));
			return inner.import(request, emit, signal);
		},
		async push(reference, request, emit, signal) {
			checkTagOf(policy, parseReference(joined(reference, request.tag)));
			return inner.push(reference, request, emit, signal);
		},
		async load(body, options, emit, signal) {
			const mayName = (name: string) => checkTag(policy, name);
			return inner.load(body, { ...options, mayName }, emit, signal);
		},
		async save(references, options, signal) {
			for (const reference of references) assertSeen(policy, rooms, reference, { allTags: true });
			return inner.save(references, options, signal);
		},
		async tag(reference, target) {
			seen(reference);
			checkTag(policy, joined(target.repo, target.tag));
			return inner.tag(reference, target);
		},
		async remove(reference, options) {
			const image = seen(reference);
			const name = nameOf(image, reference);
			if (name !== undefined) checkTagOf(policy, withDefaultTag(name));
			else {
				// By its id all names go.
				if (options.force) throw denial(policy, "tags", "images are removed by force by their names only");
				if (image === undefined || image.names.length === 0)
					throw denial(policy, "tags", "an image without a name is nobody's own");
				for (const one of image.names) checkTagOf(policy, parseReference(one));
			}
			return inner.remove(reference, options);
		},
		prune: (filters) => inner.prune(filters),
		async auth(config) {
			const host = (config.serveraddress ?? "").replace(/^https?:\/\//, "").replace(/\/.*$/, "");
			const domain = host === "" || host === "index.docker.io" ? "docker.io" : host;
			const known = [...policy.rules.images, ...policy.rules.tags].some(
				({ text, matches }) => text === "**" || matches(`${domain}/a`) || text.startsWith(`${domain}/`),
			);
			if (!known)
				throw denial(policy, "images", `the registry ${quoted(domain)} is not among those it may use`);
			return inner.auth(config);
		},
	};
}

export function guardDistribution(policy: SocketPolicy, inner: DistributionBackend): DistributionBackend {
	return {
		async inspect(reference, access) {
			checkImageName(policy, withDefaultTag(parseReference(reference)));
			return inner.inspect(reference, access);
		},
		search: (request, signal) => inner.search(request, signal),
	};
}

export function guardSbom(policy: SocketPolicy, inner: SbomBackend, rooms: GuardRooms): SbomBackend {
	return {
		async sbom(reference, options) {
			assertSeen(policy, rooms, reference);
			return inner.sbom(reference, options);
		},
	};
}

/** For containers and builds: `forbidden` by the rule `images`. One that is not here may still be pulled by its name. */
export function assertUsable(policy: SocketPolicy, rooms: GuardRooms, reference: string): void {
	if (!isAllowed(policy, rooms.image(reference), { reference })) throw imageDenial(policy, reference);
}

/** What may not be seen is not there. */
function assertSeen(
	policy: SocketPolicy,
	rooms: GuardRooms,
	reference: string,
	{ allTags = false }: { readonly allTags?: boolean } = {},
): KnownImage | undefined {
	const image = rooms.image(reference);
	if (isAllowed(policy, image, { reference, allTags })) return image;
	throw new EngineError("not_found", `No such image: ${reference}`);
}

/** By the name that it is called by, if that is one; by its id, if any of its names is allowed. */
function isAllowed(
	policy: SocketPolicy,
	image: KnownImage | undefined,
	{ reference, allTags = false }: { readonly reference: string; readonly allTags?: boolean },
): boolean {
	const { images } = policy.rules;
	if (images.some(({ text }) => text === "**")) return true;
	const name = nameOf(image, reference);
	if (name === undefined) return image?.names.some((one) => matchesImageName(images, one)) ?? false;
	return matchesImage(images, allTags ? name : withDefaultTag(name));
}

/** The reference as a name, if it is by this that the image was found, not by its id. */
function nameOf(image: KnownImage | undefined, reference: string): Reference | undefined {
	const name = parsed(reference);
	if (name === undefined || image === undefined) return name;
	const whole = canonicalReference(withDefaultTag(name));
	const repository = canonicalReference({ domain: name.domain, path: name.path });
	const isFound =
		name.digest === undefined
			? image.names.includes(whole)
			: image.names.some((one) => one.startsWith(`${repository}:`) || one.startsWith(`${repository}@`));
	return isFound ? name : undefined;
}

function parsed(reference: string): Reference | undefined {
	try {
		return parseReference(reference);
	} catch {
		return undefined;
	}
}

function shown(policy: SocketPolicy, image: ImageSummary): ImageSummary | undefined {
	if (policy.rules.images.some(({ text }) => text === "**")) return image;
	const names = namesShown(policy, image);
	return names.RepoTags.length + names.RepoDigests.length === 0 ? undefined : { ...image, ...names };
}

function namesShown(
	policy: SocketPolicy,
	image: { readonly RepoTags?: string[]; readonly RepoDigests?: string[] },
): { RepoTags: string[]; RepoDigests: string[] } {
	const { images } = policy.rules;
	const mayBeSeen = (name: string) => {
		const reference = parsed(name);
		return reference !== undefined && matchesImage(images, reference);
	};
	return {
		RepoTags: (image.RepoTags ?? []).filter(mayBeSeen),
		RepoDigests: (image.RepoDigests ?? []).filter(mayBeSeen),
	};
}
