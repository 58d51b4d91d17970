import type { SoftwarePackage } from "../archive/index.ts";
import { digestHex } from "../oci/index.ts";
import { documentUuid, packageKey } from "./identifiers.ts";
import { imageUrl, packageUrl } from "./package-url.ts";
import type { Subject } from "./subject.ts";

/** A CycloneDX 1.5 document in JSON. https://cyclonedx.org/docs/1.5/json/ */
export function cyclonedxDocument(subject: Subject): unknown {
	const { list, tool, createdAt } = subject;
	const url = imageUrl(subject);
	return {
		$schema: "http://cyclonedx.org/schema/bom-1.5.schema.json",
		bomFormat: "CycloneDX",
		specVersion: "1.5",
		serialNumber: `urn:uuid:${documentUuid(subject)}`,
		version: 1,
		metadata: {
			timestamp: createdAt,
			tools: { components: [{ type: "application", name: tool.name, version: tool.version }] },
			component: {
				type: "container",
				"bom-ref": "image",
				name: subject.name,
				version: subject.manifestDigest,
				hashes: [{ alg: "SHA-256", content: digestHex(subject.manifestDigest) }],
				...(url === undefined ? {} : { purl: url }),
			},
		},
		components: [...releaseComponent(subject), ...list.packages.map((one) => libraryComponent(one, subject))],
	};
}

function releaseComponent({ list: { release } }: Subject) {
	if (release.id === "") return [];
	return [
		{
			type: "operating-system",
			"bom-ref": "operating-system",
			name: release.id,
			...(release.versionId === "" ? {} : { version: release.versionId }),
			...(release.name === "" ? {} : { description: release.name }),
		},
	];
}

function libraryComponent(one: SoftwarePackage, { list }: Subject) {
	const { group, name } = nameParts(one);
	return {
		type: "library",
		"bom-ref": packageKey(one),
		...(one.supplier === undefined ? {} : { supplier: { name: one.supplier } }),
		...(group === undefined ? {} : { group }),
		name,
		version: one.version,
		// A text of the package's own, not an identifier of the licence list.
		...(one.license === undefined ? {} : { licenses: [{ license: { name: one.license } }] }),
		purl: packageUrl(one, list.release),
		properties: [
			{ name: "hull:location", value: one.location },
			...(one.source === undefined ? [] : [{ name: "hull:source", value: one.source }]),
		],
	};
}

/** npm's scopes are groups. */
function nameParts({ type, name }: SoftwarePackage): { group?: string; name: string } {
	const slash = name.indexOf("/");
	if (type !== "npm" || slash < 0) return { name };
	return { group: name.slice(0, slash), name: name.slice(slash + 1) };
}
