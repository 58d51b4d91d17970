import type { ImageLayers } from "../../../api/index.ts";
import { formatTable } from "../../format/table.ts";
import { decimalSize } from "../../format/units.ts";
import { shortDigest } from "../container/view.ts";

/**
 * Images under those that they are made of, each with the layers that it adds: `SIZE` of all its files, `UNIQUE` of
 * what no other image has.
 */
export function formatLayerTree(
	images: readonly ImageLayers[],
	{ noTrunc, width }: { noTrunc: boolean; width: number | undefined },
): string {
	const short = (id: string) => (noTrunc ? id : shortDigest(id));
	const known = new Set(images.map(({ Id }) => Id));
	const rows: string[][] = [["IMAGE", "ID", "SIZE", "UNIQUE", "IMAGES"]];

	const addImage = (image: ImageLayers, { own, below }: { own: string; below: string }) => {
		const names = image.RepoTags.length === 0 ? "<none>" : image.RepoTags.join(", ");
		const unique = image.Layers.filter(({ Images }) => Images === 1);
		const uniqueBytes = unique.reduce((sum, { Size }) => sum + Size, 0);
		rows.push([own + names, short(image.Id), decimalSize(image.Size, 3), decimalSize(uniqueBytes, 3), ""]);
		const inherited = new Set(
			images.find(({ Id }) => Id === image.Base)?.Layers.map(({ ChainId }) => ChainId),
		);
		const layers = image.Layers.filter(({ ChainId }) => !inherited.has(ChainId));
		const children = images.filter(({ Base }) => Base === image.Id).sort(byName);
		const count = layers.length + children.length;
		for (const [index, layer] of layers.entries()) {
			const branch = index === count - 1 ? "└─ " : "├─ ";
			const size = decimalSize(layer.Size, 3);
			const alone = layer.Images === 1 ? size : "0B";
			rows.push([`${below}${branch}layer`, short(layer.DiffId), size, alone, String(layer.Images)]);
		}
		for (const [index, child] of children.entries()) {
			const isLast = layers.length + index === count - 1;
			addImage(child, {
				own: `${below}${isLast ? "└─ " : "├─ "}`,
				below: `${below}${isLast ? "   " : "│  "}`,
			});
		}
	};
	for (const root of images.filter(({ Base }) => !known.has(Base)).sort(byName))
		addImage(root, { own: "", below: "" });
	return formatTable(rows, { width }).replace(/ +$/gm, "");
}

function byName(one: ImageLayers, other: ImageLayers): number {
	const [a, b] = [one.RepoTags[0] ?? "~", other.RepoTags[0] ?? "~"];
	return a < b ? -1 : a > b ? 1 : 0;
}
