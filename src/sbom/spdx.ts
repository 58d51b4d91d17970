import type { SoftwarePackage } from "../archive/index.ts";
import { digestHex } from "../oci/index.ts";
import { documentUuid, packageKey } from "./identifiers.ts";
import { imageUrl, packageUrl } from "./package-url.ts";
import type { Subject } from "./subject.ts";

const documentId = "SPDXRef-DOCUMENT";
const imageKey = "SPDXRef-Image";
const unknown = "NOASSERTION";

/**
 * An SPDX 2.3 document in JSON. What a package declares as its licence is foreign text and seldom an SPDX expression, so
 * it stands in the comment, and nothing is asserted. https://spdx.github.io/spdx-spec/v2.3/
 */
export function spdxDocument(subject: Subject): unknown {
	const { list, name, tool, createdAt } = subject;
	return {
		spdxVersion: "SPDX-2.3",
		dataLicense: "CC0-1.0",
		SPDXID: documentId,
		name,
		documentNamespace: `urn:uuid:${documentUuid(subject)}`,
		creationInfo: { created: createdAt, creators: [`Tool: ${tool.name}-${tool.version}`] },
		packages: [imagePackage(subject), ...list.packages.map((one) => softwarePackage(one, subject))],
		relationships: [
			{ spdxElementId: documentId, relationshipType: "DESCRIBES", relatedSpdxElement: imageKey },
			...list.packages.map((one) => ({
				spdxElementId: imageKey,
				relationshipType: "CONTAINS",
				relatedSpdxElement: keyOf(one),
			})),
		],
	};
}

function imagePackage(subject: Subject) {
	const url = imageUrl(subject);
	return {
		SPDXID: imageKey,
		name: subject.name,
		versionInfo: subject.manifestDigest,
		primaryPackagePurpose: "CONTAINER",
		downloadLocation: unknown,
		filesAnalyzed: false,
		checksums: [{ algorithm: "SHA256", checksumValue: digestHex(subject.manifestDigest) }],
		copyrightText: unknown,
		licenseConcluded: unknown,
		licenseDeclared: unknown,
		...(url === undefined ? {} : { externalRefs: [purl(url)] }),
	};
}

function softwarePackage(one: SoftwarePackage, { list }: Subject) {
	return {
		SPDXID: keyOf(one),
		name: one.name,
		versionInfo: one.version,
		downloadLocation: unknown,
		filesAnalyzed: false,
		copyrightText: unknown,
		licenseConcluded: unknown,
		licenseDeclared: unknown,
		...(one.license === undefined ? {} : { licenseComments: `declared as: ${one.license}` }),
		...(one.supplier === undefined ? {} : { supplier: `Organization: ${one.supplier}` }),
		sourceInfo: `found in ${one.location}${one.source === undefined ? "" : `, built from ${one.source}`}`,
		externalRefs: [purl(packageUrl(one, list.release))],
	};
}

function keyOf(one: SoftwarePackage): string {
	return `SPDXRef-Package-${packageKey(one)}`;
}

function purl(url: string) {
	return { referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator: url };
}
