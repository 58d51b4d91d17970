import { expect, test } from "bun:test";
import { formatLayerTree } from "./layer-tree.ts";

const layer = (letter: string, size: number, images: number) => ({
	ChainId: `sha256:chain-${letter}`,
	DiffId: `sha256:${letter.repeat(64)}`,
	Size: size,
	Images: images,
});
const image = (letter: string, tags: string[], base: string, layers: ReturnType<typeof layer>[]) => ({
	Id: `sha256:${letter.repeat(64)}`,
	RepoTags: tags,
	Size: layers.reduce((sum, { Size }) => sum + Size, 0),
	Base: base === "" ? "" : `sha256:${base.repeat(64)}`,
	Layers: layers,
});

test("images stand under those that they are made of, with the layers that they add", () => {
	const bottom = layer("a", 2_000_000, 3);
	const images = [
		image("3", ["app:2"], "1", [bottom, layer("c", 3000, 1)]),
		image("1", ["base:1", "base:latest"], "", [bottom]),
		image("2", ["app:1"], "1", [bottom, layer("b", 1000, 1)]),
	];
	expect(formatLayerTree(images, { noTrunc: false, width: undefined })).toBe(
		[
			"IMAGE                 ID             SIZE      UNIQUE    IMAGES",
			"base:1, base:latest   111111111111   2MB       0B",
			"├─ layer              aaaaaaaaaaaa   2MB       0B        3",
			"├─ app:1              222222222222   2MB       1kB",
			"│  └─ layer           bbbbbbbbbbbb   1kB       1kB       1",
			"└─ app:2              333333333333   2MB       3kB",
			"   └─ layer           cccccccccccc   3kB       3kB       1",
			"",
		].join("\n"),
	);
});
