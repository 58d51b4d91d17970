import { EngineError } from "../../../lib/index.ts";
import { jailPaths } from "../qemu-arguments.ts";
import type { QmpConnection } from "../qmp/connection.ts";

const placeholder = "layers-away";
const layersBack = "layers-back";

/**
 * Puts an empty disk of the same size in the place of the layers, while the machine stands: QEMU copies no machine
 * that has a VMDK. Disposing puts them back.
 */
export async function layersAway(qmp: QmpConnection): Promise<AsyncDisposable> {
	const nodes = blockNodes(await qmp.execute("query-named-block-nodes", { flat: true }));
	const size = nodes.find(({ name }) => name === "layers")?.bytes;
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
	if (nodes.some(({ name }) => name === layersBack))
		await qmp.execute("blockdev-del", { "node-name": layersBack });
	return {
		async [Symbol.asyncDispose]() {
			const file = { driver: "file", filename: jailPaths.layers, locking: "off", "read-only": true };
			await qmp.execute("blockdev-add", {
				driver: "vmdk",
				"node-name": layersBack,
				"read-only": true,
				file,
			});
			await reopen(qmp, layersBack);
			await qmp.execute("blockdev-del", { "node-name": placeholder });
		},
	};
}

async function reopen(qmp: QmpConnection, file: string): Promise<void> {
	const options = [{ driver: "raw", "node-name": "layers", "read-only": true, file }];
	await qmp.execute("blockdev-reopen", { options });
}

function blockNodes(answer: unknown): { readonly name: string; readonly bytes: number }[] {
	return (Array.isArray(answer) ? (answer as unknown[]) : []).flatMap((node) => {
		const { image, "node-name": name } = node as {
			image?: { "virtual-size"?: unknown };
			"node-name"?: unknown;
		};
		const bytes = image?.["virtual-size"];
		const isSize = typeof bytes === "number" && Number.isSafeInteger(bytes) && bytes >= 0;
		return typeof name === "string" && isSize ? [{ name, bytes }] : [];
	});
}
