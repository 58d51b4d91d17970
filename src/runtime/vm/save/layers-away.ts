import { EngineError } from "../../../lib/index.ts";
import { jailPaths } from "../qemu-arguments.ts";
import type { QmpConnection } from "../qmp/connection.ts";

const placeholder = "layers-away";

/**
 * Puts an empty disk of the same size in the place of the layers, while the machine stands: QEMU copies no machine
 * that has a VMDK. Disposing puts them back.
 */
export async function layersAway(qmp: QmpConnection): Promise<AsyncDisposable> {
	const size = layersBytes(await qmp.execute("query-named-block-nodes", { flat: true }));
	await qmp.execute("blockdev-add", {
		driver: "null-co",
		"node-name": placeholder,
		size,
		"read-only": true,
		"read-zeroes": true,
	});
	await reopen(qmp, placeholder);
	return {
		async [Symbol.asyncDispose]() {
			const file = { driver: "file", filename: jailPaths.layers, locking: "off", "read-only": true };
			await qmp.execute("blockdev-add", {
				driver: "vmdk",
				"node-name": "layers-back",
				"read-only": true,
				file,
			});
			await reopen(qmp, "layers-back");
			await qmp.execute("blockdev-del", { "node-name": placeholder });
		},
	};
}

async function reopen(qmp: QmpConnection, file: string): Promise<void> {
	const options = [{ driver: "raw", "node-name": "layers", "read-only": true, file }];
	await qmp.execute("blockdev-reopen", { options });
}

function layersBytes(nodes: unknown): number {
	for (const node of Array.isArray(nodes) ? (nodes as unknown[]) : []) {
		const { image, "node-name": name } = node as {
			image?: { "virtual-size"?: unknown };
			"node-name"?: unknown;
		};
		const size = image?.["virtual-size"];
		if (name === "layers" && typeof size === "number" && Number.isSafeInteger(size) && size > 0) return size;
	}
	throw new EngineError("corrupt", "qemu does not say how big the layers are");
}
