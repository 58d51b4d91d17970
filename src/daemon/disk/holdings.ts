import { blobsOf, type ImageRecord, layersOf } from "../../images/index.ts";
import type { Digest } from "../../oci/index.ts";
import type { DiskMeasure } from "./measure.ts";

/** What images hold on the disk, from one measurement. */
export interface Holdings {
	/** All layers and blobs, also those that no image needs. */
	readonly totalBytes: number;
	/** Layers' images for virtual machines, which go with the layers. */
	readonly machine: { readonly count: number; readonly bytes: number };
	/** What an image needs, and the part of it that other images need, too. */
	imageBytes(image: ImageRecord): { readonly bytes: number; readonly sharedBytes: number };
	/** What stays when of the images only these do, under the containers that are kept (by their snapshots' keys). */
	keptBytes(kept: {
		readonly images: readonly ImageRecord[];
		readonly containers: (key: string) => boolean;
	}): { readonly bytes: number; readonly machineBytes: number; readonly machines: number };
}

type Part = { readonly bytes: number; readonly machineBytes: number };

/** Pure. The parts are counted once, whoever shares them: `bytes` are never more than what is there. */
export function holdingsOf(images: readonly ImageRecord[], measure: DiskMeasure): Holdings {
	const parts = partsOf(measure);
	const holders = new Map<string, number>();
	for (const image of images) for (const key of keysOf(image)) holders.set(key, (holders.get(key) ?? 0) + 1);
	const machines = [...measure.layers.values()].filter(({ machineBytes }) => machineBytes > 0);
	const sum = (keys: Iterable<string>, of: (part: Part) => number) => {
		let total = 0;
		for (const key of keys) total += of(parts.get(key) ?? { bytes: 0, machineBytes: 0 });
		return total;
	};
	const bytesOf = ({ bytes }: Part) => bytes;
	return {
		totalBytes: sum(parts.keys(), bytesOf),
		machine: {
			count: machines.length,
			bytes: machines.reduce((total, { machineBytes }) => total + machineBytes, 0),
		},
		imageBytes(image) {
			const keys = keysOf(image);
			const shared = [...keys].filter((key) => (holders.get(key) ?? 0) > 1);
			return { bytes: sum(keys, bytesOf), sharedBytes: sum(shared, bytesOf) };
		},
		keptBytes(kept) {
			const keys = new Set(kept.images.flatMap((image) => [...keysOf(image)]));
			for (const [key, { parent }] of measure.active) {
				// An image may be gone from under its containers; its layers are not.
				if (!kept.containers(key)) continue;
				for (const layer of layersBelow(measure, parent)) keys.add(layerKey(layer));
			}
			return {
				bytes: sum(keys, bytesOf),
				machineBytes: sum(keys, ({ machineBytes }) => machineBytes),
				machines: sum(keys, ({ machineBytes }) => (machineBytes > 0 ? 1 : 0)),
			};
		},
	};
}

/** Blobs and layers are counted apart: the chainId of a bottom layer is the digest of its uncompressed blob. */
function keysOf(image: ImageRecord): ReadonlySet<string> {
	return new Set([...[...blobsOf(image)].map(blobKey), ...layersOf(image).map(layerKey)]);
}

const blobKey = (digest: string) => `blob ${digest}`;
const layerKey = (chainId: string) => `layer ${chainId}`;

function partsOf({ layers, blobs }: DiskMeasure): Map<string, Part> {
	const parts = new Map<string, Part>();
	for (const [chainId, part] of layers) parts.set(layerKey(chainId), part);
	for (const [digest, bytes] of blobs) parts.set(blobKey(digest), { bytes, machineBytes: 0 });
	return parts;
}

function layersBelow({ layers }: DiskMeasure, top: Digest | undefined): Digest[] {
	const chain: Digest[] = [];
	for (let at = top; at !== undefined; at = layers.get(at)?.parent) chain.push(at);
	return chain;
}
