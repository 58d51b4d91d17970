import type { PackageList, SoftwarePackage } from "../archive/index.ts";
import type { Subject } from "./subject.ts";

/** The package URL of a package. https://github.com/package-url/purl-spec/blob/main/PURL-TYPES.rst */
export function packageUrl(one: SoftwarePackage, release: PackageList["release"]): string {
	const version = encode(one.version);
	switch (one.type) {
		case "deb":
		case "apk": {
			const { vendor, distribution } = vendorOf(one.type, release);
			const rest = qualifiers({ arch: one.architecture, distro: distribution });
			return `pkg:${one.type}/${encode(vendor)}/${encode(one.name)}@${version}${rest}`;
		}
		case "npm":
		case "golang":
			return `pkg:${one.type}/${one.name.split("/").map(encode).join("/")}${version && `@${version}`}`;
		case "pypi":
			return `pkg:pypi/${encode(one.name.toLowerCase().replaceAll("_", "-"))}@${version}`;
		default:
			return one.type satisfies never;
	}
}

const apkVendors: readonly string[] = ["alpine", "wolfi", "chainguard", "postmarketos"];

/** The distribution, unless the other kind of package is its own: then nothing is known but the manager. */
function vendorOf(type: "deb" | "apk", { id, versionId }: PackageList["release"]) {
	if (id === "" || apkVendors.includes(id) !== (type === "apk"))
		return { vendor: type === "deb" ? "debian" : "alpine", distribution: undefined };
	const vendor = id.toLowerCase();
	return { vendor, distribution: versionId === "" ? undefined : `${vendor}-${versionId}` };
}

export function imageUrl({ repository, manifestDigest, platform }: Subject): string | undefined {
	if (repository === undefined) return undefined;
	const name = repository.slice(repository.lastIndexOf("/") + 1);
	const rest = qualifiers({ arch: platform.architecture, repository_url: repository });
	return `pkg:oci/${encode(name)}@${encode(manifestDigest)}${rest}`;
}

function qualifiers(values: Readonly<Record<string, string | undefined>>): string {
	const pairs = Object.entries(values).flatMap(([key, value]) => (value ? [`${key}=${encode(value)}`] : []));
	return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

/** As the specification wants it: colons stay. */
function encode(text: string): string {
	return encodeURIComponent(text)
		.replaceAll("%3A", ":")
		.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
