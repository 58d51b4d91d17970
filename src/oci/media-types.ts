/** Media types of the OCI image spec and of Docker's schema 2. */
export const mediaTypes = {
	ociManifest: "application/vnd.oci.image.manifest.v1+json",
	ociIndex: "application/vnd.oci.image.index.v1+json",
	ociConfig: "application/vnd.oci.image.config.v1+json",
	ociLayer: "application/vnd.oci.image.layer.v1.tar",
	ociLayerGzip: "application/vnd.oci.image.layer.v1.tar+gzip",
	ociLayerZstd: "application/vnd.oci.image.layer.v1.tar+zstd",
	dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
	dockerManifestList: "application/vnd.docker.distribution.manifest.list.v2+json",
	dockerManifestV1: "application/vnd.docker.distribution.manifest.v1+json",
	dockerManifestV1Signed: "application/vnd.docker.distribution.manifest.v1+prettyjws",
	dockerConfig: "application/vnd.docker.container.image.v1+json",
	dockerLayer: "application/vnd.docker.image.rootfs.diff.tar",
	dockerLayerGzip: "application/vnd.docker.image.rootfs.diff.tar.gzip",
	dockerLayerZstd: "application/vnd.docker.image.rootfs.diff.tar.zstd",
} as const;

export function isManifestType(mediaType: string): boolean {
	return mediaType === mediaTypes.ociManifest || mediaType === mediaTypes.dockerManifest;
}

export function isIndexType(mediaType: string): boolean {
	return mediaType === mediaTypes.ociIndex || mediaType === mediaTypes.dockerManifestList;
}

export function isImageConfigType(mediaType: string): boolean {
	return mediaType === mediaTypes.ociConfig || mediaType === mediaTypes.dockerConfig;
}

/** Any layer that is a tar, compressed or not; the compression itself is recognised by its first bytes. */
export function isLayerType(mediaType: string): boolean {
	return (
		/^application\/vnd\.oci\.image\.layer\.(nondistributable\.)?v1\.tar(\+(gzip|zstd))?$/.test(mediaType) ||
		/^application\/vnd\.docker\.image\.rootfs\.(foreign\.)?diff\.tar(\.(gzip|zstd))?$/.test(mediaType)
	);
}
