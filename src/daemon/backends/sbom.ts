import type { HullPackageList } from "../../api/index.ts";
import type { Archive } from "../../archive/index.ts";
import type { ImageRecord, Images } from "../../images/index.ts";
import { EngineError } from "../../lib/index.ts";
import { canonicalName, familiarReference, parseReference } from "../../oci/index.ts";
import { cyclonedxDocument, packageUrl, type Subject, spdxDocument } from "../../sbom/index.ts";
import type { SbomBackend } from "../../server/index.ts";
import type { SnapshotDriver } from "../../store/index.ts";
import { engineVersion } from "../version.ts";

export interface SbomRooms {
	readonly images: Images;
	readonly snapshots: SnapshotDriver;
	readonly archive: Archive;
}

const formats: Readonly<Record<string, (subject: Subject) => unknown>> = {
	packages: packageList,
	"spdx-json": spdxDocument,
	"cyclonedx-json": cyclonedxDocument,
};

/** Bills of materials, as the route wants them. */
export function sbomBackend(rooms: SbomRooms): SbomBackend {
	return {
		async sbom(reference, { format, signal }) {
			const write = Object.hasOwn(formats, format) ? formats[format] : undefined;
			if (write === undefined)
				throw new EngineError(
					"invalid_argument",
					`format ${JSON.stringify(format)}: is none of ${Object.keys(formats).join(", ")}`,
				);
			const image = rooms.images.get(reference);
			return write(subjectOf(image, await packagesOf(rooms, image, signal)));
		},
	};
}

/** The image's layers are mounted by the worker, which sees nothing else. */
async function packagesOf({ snapshots, archive }: SbomRooms, { chainId }: ImageRecord, signal: AbortSignal) {
	if (chainId === undefined) return { release: { id: "", versionId: "", name: "" }, packages: [] };
	return archive.listPackages({ kind: "mounts", mounts: snapshots.layerMounts(chainId) }, signal);
}

function subjectOf(image: ImageRecord, list: Subject["list"]): Subject {
	const [name] = [...image.tags, ...image.repoDigests].map((text) => parseReference(text));
	const { os, architecture, variant } = image.config;
	return {
		name: name === undefined ? image.id : familiarReference(name),
		imageId: image.id,
		manifestDigest: image.manifestDigest,
		platform: { os, architecture, ...(variant === undefined ? {} : { variant }) },
		repository: name === undefined ? undefined : canonicalName(name),
		list,
		createdAt: `${new Date().toISOString().slice(0, 19)}Z`,
		tool: { name: "hull", version: engineVersion },
	};
}

function packageList({ imageId, list }: Subject): HullPackageList {
	return {
		Image: imageId,
		Distribution: list.release.name || list.release.id,
		Packages: list.packages.map((one) => ({
			Type: one.type,
			Name: one.name,
			Version: one.version,
			...(one.architecture === undefined ? {} : { Architecture: one.architecture }),
			...(one.license === undefined ? {} : { License: one.license }),
			Location: one.location,
			PackageURL: packageUrl(one, list.release),
		})),
	};
}
