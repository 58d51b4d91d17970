import { type Static, Type } from "typebox";
import { DriverData, OCIDescriptor, OCIPlatform } from "./container.ts";
import { HealthConfig } from "./container-config.ts";

export const ImageConfig = Type.Object({
	User: Type.Optional(Type.String()),
	ExposedPorts: Type.Optional(Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown()))),
	Env: Type.Optional(Type.Array(Type.String())),
	Cmd: Type.Optional(Type.Array(Type.String())),
	Healthcheck: Type.Optional(HealthConfig),
	ArgsEscaped: Type.Optional(Type.Boolean()),
	Volumes: Type.Optional(Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown()))),
	WorkingDir: Type.Optional(Type.String()),
	Entrypoint: Type.Optional(Type.Array(Type.String())),
	OnBuild: Type.Optional(Type.Array(Type.String())),
	Labels: Type.Optional(Type.Record(Type.String(), Type.String())),
	StopSignal: Type.Optional(Type.String()),
	Shell: Type.Optional(Type.Array(Type.String())),
});
export type ImageConfig = Static<typeof ImageConfig>;

/** Where an image is from, as the engine itself saw it. */
export const ImageIdentity = Type.Object({
	Pull: Type.Optional(Type.Array(Type.Object({ Repository: Type.String() }))),
});
export type ImageIdentity = Static<typeof ImageIdentity>;

/** One in-toto statement about an image. https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md */
export const AttestationStatement = Type.Object({
	Descriptor: OCIDescriptor,
	PredicateType: Type.String(),
	Statement: Type.Optional(Type.Unknown()),
});
export type AttestationStatement = Static<typeof AttestationStatement>;

export const ImageManifestSummary = Type.Object({
	ID: Type.String(),
	Descriptor: OCIDescriptor,
	Available: Type.Boolean(),
	Size: Type.Object({ Total: Type.Integer(), Content: Type.Integer() }),
	Kind: Type.String(),
	ImageData: Type.Optional(
		Type.Object({
			Platform: OCIPlatform,
			Identity: Type.Optional(ImageIdentity),
			Containers: Type.Array(Type.String()),
			Size: Type.Object({ Unpacked: Type.Integer() }),
		}),
	),
	AttestationData: Type.Optional(Type.Object({ For: Type.String() })),
});
export type ImageManifestSummary = Static<typeof ImageManifestSummary>;

export const ImageSummary = Type.Object({
	Id: Type.Optional(Type.String()),
	ParentId: Type.Optional(Type.String()),
	RepoTags: Type.Optional(Type.Array(Type.String())),
	RepoDigests: Type.Optional(Type.Array(Type.String())),
	Created: Type.Optional(Type.Integer()),
	Size: Type.Optional(Type.Integer()),
	SharedSize: Type.Optional(Type.Integer()),
	Labels: Type.Optional(Type.Record(Type.String(), Type.String())),
	Containers: Type.Optional(Type.Integer()),
	Manifests: Type.Optional(Type.Array(ImageManifestSummary)),
	Descriptor: Type.Optional(OCIDescriptor),
});
export type ImageSummary = Static<typeof ImageSummary>;

export const ImageInspect = Type.Object({
	Id: Type.Optional(Type.String()),
	Descriptor: Type.Optional(OCIDescriptor),
	Manifests: Type.Optional(Type.Array(ImageManifestSummary)),
	Identity: Type.Optional(ImageIdentity),
	RepoTags: Type.Optional(Type.Array(Type.String())),
	RepoDigests: Type.Optional(Type.Array(Type.String())),
	Comment: Type.Optional(Type.String()),
	/** Up to API 1.49. */
	Parent: Type.Optional(Type.String()),
	Created: Type.Optional(Type.String()),
	Author: Type.Optional(Type.String()),
	Config: Type.Optional(ImageConfig),
	Architecture: Type.Optional(Type.String()),
	Variant: Type.Optional(Type.String()),
	Os: Type.Optional(Type.String()),
	OsVersion: Type.Optional(Type.String()),
	Size: Type.Optional(Type.Integer()),
	GraphDriver: Type.Optional(DriverData),
	RootFS: Type.Optional(
		Type.Object({
			Type: Type.Optional(Type.String()),
			Layers: Type.Optional(Type.Array(Type.String())),
		}),
	),
	Metadata: Type.Optional(
		Type.Object({
			LastTagTime: Type.Optional(Type.String()),
		}),
	),
});
export type ImageInspect = Static<typeof ImageInspect>;

export const ImageHistoryResponseItem = Type.Object({
	Id: Type.Optional(Type.String()),
	Created: Type.Optional(Type.Integer()),
	CreatedBy: Type.Optional(Type.String()),
	Tags: Type.Optional(Type.Array(Type.String())),
	Size: Type.Optional(Type.Integer()),
	Comment: Type.Optional(Type.String()),
});
export type ImageHistoryResponseItem = Static<typeof ImageHistoryResponseItem>;

export const ImageDeleteResponseItem = Type.Object({
	Untagged: Type.Optional(Type.String()),
	Deleted: Type.Optional(Type.String()),
});
export type ImageDeleteResponseItem = Static<typeof ImageDeleteResponseItem>;

export const ImagePruneResponse = Type.Object({
	ImagesDeleted: Type.Optional(Type.Array(ImageDeleteResponseItem)),
	SpaceReclaimed: Type.Optional(Type.Integer()),
});
export type ImagePruneResponse = Static<typeof ImagePruneResponse>;

/** Credentials for a registry: the body of `POST /auth`, and the `X-Registry-Auth` header (base64url of its JSON). */
export const AuthConfig = Type.Object({
	username: Type.Optional(Type.String()),
	password: Type.Optional(Type.String()),
	/** base64 of `username:password`, as in a client's config file. */
	auth: Type.Optional(Type.String()),
	email: Type.Optional(Type.String()),
	identitytoken: Type.Optional(Type.String()),
	registrytoken: Type.Optional(Type.String()),
	serveraddress: Type.Optional(Type.String()),
});
export type AuthConfig = Static<typeof AuthConfig>;

export const AuthResponse = Type.Object({
	Status: Type.Optional(Type.String()),
	IdentityToken: Type.Optional(Type.String()),
});
export type AuthResponse = Static<typeof AuthResponse>;

export const ImageSearchResponseItem = Type.Object({
	description: Type.Optional(Type.String()),
	is_official: Type.Optional(Type.Boolean()),
	is_automated: Type.Optional(Type.Boolean()),
	name: Type.Optional(Type.String()),
	star_count: Type.Optional(Type.Integer()),
});
export type ImageSearchResponseItem = Static<typeof ImageSearchResponseItem>;

export const DistributionInspect = Type.Object({
	Descriptor: Type.Optional(OCIDescriptor),
	Platforms: Type.Optional(Type.Array(OCIPlatform)),
});
export type DistributionInspect = Static<typeof DistributionInspect>;

export const IDResponse = Type.Object({
	Id: Type.Optional(Type.String()),
});
export type IDResponse = Static<typeof IDResponse>;
