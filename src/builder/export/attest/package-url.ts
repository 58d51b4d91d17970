import { familiarName, formatPlatform, type Platform, type Reference } from "../../../oci/index.ts";

/**
 * `pkg:docker/team/app@1.2?platform=linux%2Famd64`, as BuildKit names images.
 * https://github.com/package-url/purl-spec/blob/main/PURL-TYPES.rst#docker
 */
export function imagePackageUrl(reference: Reference, { platform }: { readonly platform: Platform }): string {
	const path = familiarName(reference).split("/").map(encode).join("/");
	const version = reference.tag ?? (reference.digest === undefined ? "latest" : undefined);
	const digest = reference.digest === undefined ? "" : `digest=${encode(reference.digest)}&`;
	const qualifiers = `${digest}platform=${encodeURIComponent(formatPlatform(platform))}`;
	return `pkg:docker/${path}${version === undefined ? "" : `@${encode(version)}`}?${qualifiers}`;
}

function encode(text: string): string {
	return encodeURIComponent(text).replaceAll("%3A", ":");
}
