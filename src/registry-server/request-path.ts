import { type Digest, isDigest, parseReference, parseTag } from "../oci/index.ts";
import { RegistryError } from "./registry-error.ts";

/** What a request is about. Repositories are canonical: `docker.io/library/busybox`. */
export type RequestPath =
	| { readonly kind: "base" }
	| { readonly kind: "catalog" }
	| { readonly kind: "tags"; readonly name: string; readonly repository: string }
	| {
			readonly kind: "manifest";
			readonly name: string;
			readonly repository: string;
			readonly target: { readonly tag: string } | { readonly digest: Digest };
	  }
	| { readonly kind: "blob"; readonly name: string; readonly repository: string; readonly digest: Digest }
	| { readonly kind: "uploads"; readonly name: string; readonly repository: string }
	| { readonly kind: "upload"; readonly name: string; readonly repository: string; readonly id: string }
	| {
			readonly kind: "referrers";
			readonly name: string;
			readonly repository: string;
			readonly digest: Digest;
	  };

const patterns: readonly (readonly [kind: RequestPath["kind"], pattern: RegExp])[] = [
	["tags", /^\/v2\/(.+)\/tags\/list$/],
	["manifest", /^\/v2\/(.+)\/manifests\/([^/]+)$/],
	["uploads", /^\/v2\/(.+)\/blobs\/uploads\/?$/],
	["upload", /^\/v2\/(.+)\/blobs\/uploads\/([0-9a-f-]{36})$/],
	["blob", /^\/v2\/(.+)\/blobs\/([^/]+)$/],
	["referrers", /^\/v2\/(.+)\/referrers\/([^/]+)$/],
];

/** `undefined` for a path that a registry does not have; errors name what is wrong with a name, tag or digest. */
export function parseRequestPath(path: string): RequestPath | undefined {
	if (path === "/v2" || path === "/v2/") return { kind: "base" };
	if (path === "/v2/_catalog") return { kind: "catalog" };
	for (const [kind, pattern] of patterns) {
		const match = pattern.exec(path);
		if (match === null) continue;
		const name = decoded(match[1]!);
		const last = decoded(match[2] ?? "");
		const place = { name, repository: repositoryOf(name) };
		switch (kind) {
			case "manifest":
				return { kind, ...place, target: targetOf(last) };
			case "blob":
			case "referrers":
				return { kind, ...place, digest: digestOf(last) };
			case "upload":
				return { kind, ...place, id: last };
			default:
				return { kind: kind as "tags" | "uploads", ...place };
		}
	}
	return undefined;
}

/** The canonical name of a repository. */
export function repositoryOf(name: string): string {
	try {
		const { domain, path, tag, digest } = parseReference(name);
		if (tag === undefined && digest === undefined && !name.includes(":")) return `${domain}/${path}`;
	} catch {}
	throw new RegistryError(400, "NAME_INVALID", `invalid repository name ${JSON.stringify(name)}`);
}

export function digestOf(text: string): Digest {
	if (isDigest(text)) return text;
	throw new RegistryError(400, "DIGEST_INVALID", `${JSON.stringify(text)} is no sha256 digest`);
}

function targetOf(text: string): { tag: string } | { digest: Digest } {
	if (text.includes(":")) return { digest: digestOf(text) };
	try {
		return { tag: parseTag(text) };
	} catch {
		throw new RegistryError(400, "MANIFEST_INVALID", `invalid tag ${JSON.stringify(text)}`);
	}
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		throw new RegistryError(400, "NAME_INVALID", "the path is not percent-encoded as it should be");
	}
}
