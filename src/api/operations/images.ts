/** Images. Engine API, section of the same name. */
import { Type } from "typebox";
import { operation } from "../operation.ts";
import { Filters } from "../schemas/filters.ts";
import {
	AttestationStatement,
	ImageDeleteResponseItem,
	ImageHistoryResponseItem,
	ImageInspect,
	ImagePruneResponse,
	ImageSearchResponseItem,
	ImageSummary,
} from "../schemas/image.ts";

/** List Images. */
export const imageList = operation({
	id: "ImageList",
	method: "GET",
	path: "/images/json",
	since: "1.24",
	query: Type.Object({
		all: Type.Optional(Type.Boolean()),
		filters: Type.Optional(Filters),
		"shared-size": Type.Optional(Type.Boolean()),
		digests: Type.Optional(Type.Boolean()),
		manifests: Type.Optional(Type.Boolean()),
		identity: Type.Optional(Type.Boolean()),
	}),
	result: Type.Array(ImageSummary),
	status: 200,
});

/** Create an image. */
export const imageCreate = operation({
	id: "ImageCreate",
	method: "POST",
	path: "/images/create",
	since: "1.24",
	query: Type.Object({
		fromImage: Type.Optional(Type.String()),
		fromSrc: Type.Optional(Type.String()),
		repo: Type.Optional(Type.String()),
		tag: Type.Optional(Type.String()),
		message: Type.Optional(Type.String()),
		changes: Type.Optional(Type.Array(Type.String())),
		platform: Type.Optional(Type.String()),
	}),
	stream: "progress",
	status: 200,
});

/** Inspect an image. */
export const imageInspect = operation({
	id: "ImageInspect",
	method: "GET",
	path: "/images/:name/json",
	since: "1.24",
	query: Type.Object({ manifests: Type.Optional(Type.Boolean()), platform: Type.Optional(Type.String()) }),
	result: ImageInspect,
	status: 200,
});

/** Get attestation statements for an image. */
export const imageAttestations = operation({
	id: "ImageAttestations",
	method: "GET",
	path: "/images/:name/attestations",
	since: "1.55",
	query: Type.Object({
		platform: Type.Optional(Type.Array(Type.String())),
		type: Type.Optional(Type.Array(Type.String())),
		statement: Type.Optional(Type.Boolean()),
	}),
	result: Type.Array(AttestationStatement),
	status: 200,
});

/** Get the history of an image. */
export const imageHistory = operation({
	id: "ImageHistory",
	method: "GET",
	path: "/images/:name/history",
	since: "1.24",
	query: Type.Object({ platform: Type.Optional(Type.String()) }),
	result: Type.Array(ImageHistoryResponseItem),
	status: 200,
});

/** Push an image. */
export const imagePush = operation({
	id: "ImagePush",
	method: "POST",
	path: "/images/:name/push",
	since: "1.24",
	query: Type.Object({ tag: Type.Optional(Type.String()), platform: Type.Optional(Type.String()) }),
	stream: "progress",
	status: 200,
});

/** Tag an image. */
export const imageTag = operation({
	id: "ImageTag",
	method: "POST",
	path: "/images/:name/tag",
	since: "1.24",
	query: Type.Object({ repo: Type.Optional(Type.String()), tag: Type.Optional(Type.String()) }),
	status: 201,
});

/** Remove an image. */
export const imageDelete = operation({
	id: "ImageDelete",
	method: "DELETE",
	path: "/images/:name",
	since: "1.24",
	query: Type.Object({
		force: Type.Optional(Type.Boolean()),
		noprune: Type.Optional(Type.Boolean()),
		platforms: Type.Optional(Type.Array(Type.String())),
	}),
	result: Type.Array(ImageDeleteResponseItem),
	status: 200,
});

/** Search images. */
export const imageSearch = operation({
	id: "ImageSearch",
	method: "GET",
	path: "/images/search",
	since: "1.24",
	query: Type.Object({
		term: Type.Optional(Type.String()),
		limit: Type.Optional(Type.Integer()),
		filters: Type.Optional(Filters),
	}),
	result: Type.Array(ImageSearchResponseItem),
	status: 200,
});

/** Delete unused images. */
export const imagePrune = operation({
	id: "ImagePrune",
	method: "POST",
	path: "/images/prune",
	since: "1.25",
	query: Type.Object({ filters: Type.Optional(Filters) }),
	result: ImagePruneResponse,
	status: 200,
});

/** Export an image. */
export const imageGet = operation({
	id: "ImageGet",
	method: "GET",
	path: "/images/:name/get",
	since: "1.24",
	query: Type.Object({ platform: Type.Optional(Type.Array(Type.String())) }),
	stream: "raw",
	status: 200,
});

/** Export several images. */
export const imageGetAll = operation({
	id: "ImageGetAll",
	method: "GET",
	path: "/images/get",
	since: "1.24",
	query: Type.Object({
		names: Type.Optional(Type.Array(Type.String())),
		platform: Type.Optional(Type.Array(Type.String())),
	}),
	stream: "raw",
	status: 200,
});

/** Import images. */
export const imageLoad = operation({
	id: "ImageLoad",
	method: "POST",
	path: "/images/load",
	since: "1.24",
	query: Type.Object({
		quiet: Type.Optional(Type.Boolean()),
		platform: Type.Optional(Type.Array(Type.String())),
	}),
	stream: "progress",
	status: 200,
});
