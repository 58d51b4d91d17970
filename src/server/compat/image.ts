import type { ImageInspect, ImageSummary } from "../../api/index.ts";
import { type ApiVersion, isBefore } from "../api-version.ts";

/**
 * Up to 1.43 an image had a `VirtualSize`, which clients of that time print; it has long been the size. Manifests came
 * with 1.47, descriptors with 1.48.
 */
export function adaptImage<Image extends ImageSummary | ImageInspect>(
	image: Image,
	version: ApiVersion,
): unknown {
	const { Manifests, Descriptor, ...rest } = image;
	return {
		...rest,
		...(Manifests === undefined || isBefore(version, "1.47") ? {} : { Manifests }),
		...(isBefore(version, "1.48") ? {} : { Descriptor }),
		...(isBefore(version, "1.44") ? { VirtualSize: image.Size } : {}),
	};
}

/** Up to 1.42 an image without names had placeholders for them. */
export function adaptImageSummary(image: ImageSummary, version: ApiVersion): unknown {
	const named = image.RepoTags?.length || image.RepoDigests?.length;
	const names = isBefore(version, "1.43") && !named ? placeholders : {};
	return adaptImage({ ...image, ...names }, version);
}

const placeholders = { RepoTags: ["<none>:<none>"], RepoDigests: ["<none>@<none>"] };

/**
 * Up to 1.49 the configuration in an image's inspect had all fields of a container's, set or not; scripts for those
 * versions index by them.
 */
export function adaptImageInspect(image: ImageInspect, version: ApiVersion): unknown {
	const { Parent = "", Identity, ...rest } = image;
	// Identities came with 1.53.
	const current = Identity === undefined || isBefore(version, "1.53") ? rest : { ...rest, Identity };
	if (!isBefore(version, "1.50")) return adaptImage(current, version);
	const Config = { ...legacyConfig, ...image.Config };
	// Compose 1.29 reads the volumes of the container that the image was made of, and fails without.
	const made = isBefore(version, "1.45") ? { Container: "", ContainerConfig: Config } : {};
	return adaptImage({ Parent, DockerVersion: "", ...current, ...made, Config }, version);
}

const legacyConfig: object = {
	Hostname: "",
	Domainname: "",
	User: "",
	AttachStdin: false,
	AttachStdout: false,
	AttachStderr: false,
	Tty: false,
	OpenStdin: false,
	StdinOnce: false,
	Env: null,
	Cmd: null,
	Image: "",
	Volumes: null,
	WorkingDir: "",
	Entrypoint: null,
	OnBuild: null,
	Labels: null,
};
