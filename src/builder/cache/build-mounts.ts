import type { Archive } from "../../archive/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { BuildMounts } from "../contract.ts";
import type { CacheMounts } from "./mounts.ts";

/** What an archive may come to, from wherever it is. */
export const mountLimits = { maxBytes: 64 * 1024 ** 3, maxEntries: 4_000_000 };
const maxIdLength = 4096;

/** Cache mounts for who looks after them. */
export function buildMounts(
	mounts: CacheMounts,
	archive: Pick<Archive, "exportTree" | "importTree">,
): BuildMounts {
	return {
		async list() {
			const all = mounts.all();
			const sizes = await mounts.sizes(all.map(({ name }) => name));
			return all.map((mount, index) => ({ ...mount, sizeBytes: sizes[index]! }));
		},
		async export(reference, signal) {
			const { name } = mounts.get(reference);
			const held = await mounts.holdStill(name, signal);
			const stack = new DisposableStack();
			stack.use(held);
			return heldTree(
				archive.exportTree({ kind: "directory", path: held.folder }, signal, { withRoot: true }),
				stack,
			);
		},
		async import(id, source, signal) {
			if (id === "" || id.length > maxIdLength || id.includes("\0"))
				throw new EngineError(
					"invalid_argument",
					`invalid id of a cache mount: ${JSON.stringify(id.slice(0, 80))}`,
				);
			const options = { changes: false, devices: false, limits: mountLimits, signal };
			await mounts.replace(id, (folder) => archive.importTree(folder, source, options), signal);
		},
		async remove(reference) {
			const { name, id } = mounts.get(reference);
			if (await mounts.remove(name)) return;
			throw new EngineError("conflict", `cache mount ${id} is in use by a build`);
		},
	};
}

/** No generator: one that was never started would hold the folder for good. */
function heldTree(tree: AsyncIterable<Uint8Array>, held: Disposable): AsyncIterableIterator<Uint8Array> {
	const pieces = tree[Symbol.asyncIterator]();
	const stream: AsyncIterableIterator<Uint8Array> = {
		[Symbol.asyncIterator]: () => stream,
		async next() {
			try {
				const piece = await pieces.next();
				if (piece.done) held[Symbol.dispose]();
				return piece;
			} catch (error) {
				held[Symbol.dispose]();
				throw error;
			}
		},
		async return() {
			try {
				await pieces.return?.();
			} finally {
				held[Symbol.dispose]();
			}
			return { done: true, value: undefined };
		},
	};
	return stream;
}
