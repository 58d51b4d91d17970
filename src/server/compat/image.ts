import type { ImageInspect, ImageSummary } from "../../api/index.ts";
import { type ApiVersion, isBefore } from "../api-version.ts";

/** Up to 1.43 an image had a `VirtualSize`, which clients of that time print; it has long been the size. */
export function adaptImage<Image extends ImageSummary | ImageInspect>(
	image: Image,
	version: ApiVersion,
): unknown {
	return isBefore(version, "1.44") ? { ...image, VirtualSize: image.Size } : image;
}

/**
 * Up to 1.49 the configuration in an image's inspect had all fields of a container's, set or not; scripts for those
 * versions index by them.
 */
export function adaptImageInspect(image: ImageInspect, version: ApiVersion): unknown {
	if (!isBefore(version, "1.50")) return image;
	return adaptImage({ ...legacyFields, ...image, Config: { ...legacyConfig, ...image.Config } }, version);
}

const legacyFields: object = { Parent: "", DockerVersion: "" };
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
