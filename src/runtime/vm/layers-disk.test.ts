import { expect, test } from "bun:test";
import { layersDisk } from "./layers-disk.ts";

test("layers lie one behind the other, each a file of the disk", () => {
	const { descriptor, extents } = layersDisk([
		{ path: "/snapshots/2/layer.erofs", bytes: 8192 },
		{ path: "/snapshots/1/layer.erofs", bytes: 4096 },
	]);
	expect(extents).toEqual([
		{ offset: 0, length: 8192 },
		{ offset: 8192, length: 4096 },
	]);
	expect(descriptor.split("\n").filter((line) => line.startsWith("RW"))).toEqual([
		'RW 16 FLAT "0.erofs" 0',
		'RW 8 FLAT "1.erofs" 0',
	]);
});

test("what is no whole number of sectors is no layer", () => {
	expect(() => layersDisk([{ path: "/x", bytes: 1000 }])).toThrow("/x: 1000 bytes are no disk");
	expect(() => layersDisk([{ path: "/x", bytes: 0 }])).toThrow("are no disk");
});
