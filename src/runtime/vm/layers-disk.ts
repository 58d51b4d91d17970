import { EngineError } from "../../lib/index.ts";
import type { MachineRoot } from "../../store/index.ts";

const sectorBytes = 512;

/** What the disk `layers` is made of, and where each layer lies on it. */
export interface LayersDisk {
	/** A VMDK descriptor: one disk out of many files. */
	readonly descriptor: string;
	/** In the order of the layers given, bytes. */
	readonly extents: readonly { readonly offset: number; readonly length: number }[];
}

/**
 * One disk of all layers, one behind the other, without copying them. Names in the descriptor are those that
 * {@link layerFile} gives, beside it. Errors: `corrupt` for a layer that is no whole number of sectors.
 *
 * https://github.com/libyal/libvmdk/blob/main/documentation/VMWare%20Virtual%20Disk%20Format%20(VMDK).asciidoc
 */
export function layersDisk(layers: MachineRoot["layers"]): LayersDisk {
	let offset = 0;
	const extents = layers.map(({ bytes, path }) => {
		if (bytes <= 0 || bytes % sectorBytes !== 0)
			throw new EngineError("corrupt", `${path}: ${bytes} bytes are no disk`);
		const extent = { offset, length: bytes };
		offset += bytes;
		return extent;
	});
	const lines = extents.map(({ length }, index) => `RW ${length / sectorBytes} FLAT "${layerFile(index)}" 0`);
	const cylinders = Math.ceil(offset / sectorBytes / (16 * 63));
	const descriptor = [
		"# Disk DescriptorFile",
		"version=1",
		"CID=fffffffe",
		"parentCID=ffffffff",
		'createType="monolithicFlat"',
		...lines,
		'ddb.virtualHWVersion = "4"',
		`ddb.geometry.cylinders = "${cylinders}"`,
		'ddb.geometry.heads = "16"',
		'ddb.geometry.sectors = "63"',
		'ddb.adapterType = "ide"',
		"",
	].join("\n");
	return { descriptor, extents };
}

/** Name of a layer's file beside the descriptor. */
export function layerFile(index: number): string {
	return `${index}.erofs`;
}
