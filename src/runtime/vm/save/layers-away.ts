import { EngineError } from "../../../lib/index.ts";
import { jailPaths } from "../qemu-arguments.ts";
import type { QmpConnection } from "../qmp/connection.ts";

const placeholder = "layers-away";
/** Nodes that a running QEMU was given later than at its start. */
export const layersBackNode = "layers-back";
export const upperFile = "upper-file";

/**
 * Puts an empty disk of the same size in the place of the layers, while the machine stands: QEMU copies no machine
 * that has a VMDK. {@link layersBack} puts them back.
 */
export async function layersAway(qmp: QmpConnection): Promise<void> {
	const nodes = await blockNodes(qmp);
	const size = nodes.get("layers");
	if (size === undefined) throw new EngineError("corrupt", "qemu does not say how big the layers are");
	await qmp.execute("blockdev-add", {
		driver: "null-co",
		"node-name": placeholder,
		size,
		"read-only": true,
		"read-zeroes": true,
	});
	await reopen(qmp, placeholder);
	// What was named at the start of QEMU goes by itself; what a save before this one put back does not.
	if (nodes.has(layersBackNode)) await qmp.execute("blockdev-del", { "node-name": layersBackNode });
}

/** Puts the layers back, from wherever their exchange got to. Nothing to do when they are there. */
export async function layersBack(qmp: QmpConnection): Promise<void> {
	const nodes = await blockNodes(qmp);
	if (!nodes.has(placeholder)) return;
	if (!nodes.has(layersBackNode)) {
		const file = { driver: "file", filename: jailPaths.layers, locking: "off", "read-only": true };
		await qmp.execute("blockdev-add", {
			driver: "vmdk",
			"node-name": layersBackNode,
			"read-only": true,
			file,
		});
	}
	await reopen(qmp, layersBackNode);
	await qmp.execute("blockdev-del", { "node-name": placeholder });
}

async function reopen(qmp: QmpConnection, file: string): Promise<void> {
	const options = [{ driver: "raw", "node-name": "layers", "read-only": true, file }];
	await qmp.execute("blockdev-reopen", { options });
}

/** The sizes in bytes of QEMU's block nodes, by name. */
async function blockNodes(qmp: QmpConnection): Promise<ReadonlyMap<string, number>> {
	const answer = await qmp.execute("query-named-block-nodes", { flat: true });
	const nodes = new Map<string, number>();
	for (const node of Array.isArray(answer) ? (answer as unknown[]) : []) {
		const { image, "node-name": name } = node as {
			image?: { "virtual-size"?: unknown };
			"node-name"?: unknown;
		};
		const bytes = image?.["virtual-size"];
		const isSize = typeof bytes === "number" && Number.isSafeInteger(bytes) && bytes >= 0;
		if (typeof name === "string" && isSize) nodes.set(name, bytes);
	}
	return nodes;
}
