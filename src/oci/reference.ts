import { EngineError } from "../lib/index.ts";
import { parseDigest } from "./digest.ts";
import type { Digest } from "./image-spec.ts";

/** A normalised image reference: domain and path always there. */
export interface Reference {
	/** `docker.io`, `localhost:5000`. */
	readonly domain: string;
	/** `library/busybox`. */
	readonly path: string;
	readonly tag?: string;
	readonly digest?: Digest;
}

const defaultDomain = "docker.io";
const legacyDefaultDomain = "index.docker.io";
const officialPrefix = "library/";
const maxNameLength = 255;

const domainComponent = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const host = `(?:${domainComponent}(?:\\.${domainComponent})*|\\[(?:[a-fA-F0-9:]+)\\])`;
const pathComponent = "[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*";
const namePattern = `(?:(?:${host}(?::[0-9]+)?)/)?${pathComponent}(?:/${pathComponent})*`;
const tagPattern = "[\\w][\\w.-]{0,127}";
const digestPattern = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*[:][0-9a-fA-F]{32,}";
const referencePattern = new RegExp(`^(${namePattern})(?::(${tagPattern}))?(?:@(${digestPattern}))?$`);
const identifierPattern = /^[a-f0-9]{64}$/;
const wholeTag = new RegExp(`^${tagPattern}$`);
/** Longer than any valid reference; keeps the patterns from running over megabytes of input. */
const maxReferenceLength = 4096;

/**
 * Parses what a user wrote (`busybox`, `localhost:5000/a/b:tag@sha256:…`) by Docker's grammar, with Docker's error
 * texts (`invalid_argument`). No tag is added. https://github.com/distribution/reference
 */
export function parseReference(text: string): Reference {
	if (identifierPattern.test(text))
		throw invalid(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
	if (text.length > maxReferenceLength) throw invalid("invalid reference format");
	const { domain, remainder } = splitDomain(text);
	const remote = remainder.split(":", 1)[0]!;
	if (remote.toLowerCase() !== remote)
		throw invalid(`invalid reference format: repository name (${remote}) must be lowercase`);
	const match = referencePattern.exec(`${domain}/${remainder}`);
	if (match === null) throw invalid("invalid reference format");
	const [, name, tag, digest] = match;
	const path = name!.slice(domain.length + 1);
	if (name!.length > maxNameLength) throw invalid("repository name must not be more than 255 characters");
	return {
		domain,
		path,
		...(tag === undefined ? {} : { tag }),
		...(digest === undefined ? {} : { digest: parseDigest(digest) }),
	};
}

function splitDomain(text: string): { domain: string; remainder: string } {
	const slash = text.indexOf("/");
	const first = slash === -1 ? "" : text.slice(0, slash);
	const isDomain =
		first !== "" && (/[.:]/.test(first) || first === "localhost" || first.toLowerCase() !== first);
	let domain = isDomain ? first : defaultDomain;
	let remainder = isDomain ? text.slice(slash + 1) : text;
	if (domain === legacyDefaultDomain) domain = defaultDomain;
	if (domain === defaultDomain && !remainder.includes("/")) remainder = officialPrefix + remainder;
	return { domain, remainder };
}

/** Checks a tag on its own, as `docker tag` and `commit` get it. */
export function parseTag(text: string): string {
	if (!wholeTag.test(text)) throw invalid("invalid tag format");
	return text;
}

/** `latest` when the reference names neither tag nor digest. */
export function withDefaultTag(reference: Reference): Reference {
	if (reference.tag !== undefined || reference.digest !== undefined) return reference;
	return { ...reference, tag: "latest" };
}

/** `docker.io/library/busybox`. */
export function canonicalName({ domain, path }: Reference): string {
	return `${domain}/${path}`;
}

/** `docker.io/library/busybox:latest`. */
export function canonicalReference(reference: Reference): string {
	return canonicalName(reference) + suffix(reference);
}

/** As users write it: `busybox`, `localhost:5000/a`. */
export function familiarName({ domain, path }: Reference): string {
	if (domain !== defaultDomain) return `${domain}/${path}`;
	const [first, second, ...rest] = path.split("/");
	return first === "library" && second !== undefined && rest.length === 0 ? second : path;
}

/** As users write it: `busybox:latest`. */
export function familiarReference(reference: Reference): string {
	return familiarName(reference) + suffix(reference);
}

function suffix({ tag, digest }: Reference): string {
	return (tag === undefined ? "" : `:${tag}`) + (digest === undefined ? "" : `@${digest}`);
}

function invalid(message: string): EngineError {
	return new EngineError("invalid_argument", message);
}
