import { type Static, Type } from "typebox";
import { FilesystemChange } from "./container.ts";

/** An image with the layers that it stands on. Hull's own. */
export const ImageLayers = Type.Object({
	Id: Type.String(),
	RepoTags: Type.Array(Type.String()),
	/** Bytes unpacked, of all layers. */
	Size: Type.Integer(),
	/** The image with the most layers of which this one begins; empty for none. */
	Base: Type.String(),
	/** Bottom first. */
	Layers: Type.Array(
		Type.Object({
			ChainId: Type.String(),
			DiffId: Type.String(),
			/** Bytes unpacked. */
			Size: Type.Integer(),
			/** How many images here stand on it. */
			Images: Type.Integer(),
		}),
	),
});
export type ImageLayers = Static<typeof ImageLayers>;

/** What differs from one image to another. Hull's own. */
export const ImageDifference = Type.Object({
	/** Kind: 0 changed, 1 added, 2 deleted. */
	Files: Type.Array(FilesystemChange),
	/** Fields of the configuration, with their values where there are some. */
	Config: Type.Array(
		Type.Object({
			Field: Type.String(),
			From: Type.Optional(Type.Unknown()),
			To: Type.Optional(Type.Unknown()),
		}),
	),
});
export type ImageDifference = Static<typeof ImageDifference>;
