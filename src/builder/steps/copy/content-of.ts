import { createReadStream } from "node:fs";
import type { Archive } from "../../../archive/index.ts";
import { readTar, type TarExtent } from "../../../lib/index.ts";
import { fromByteString } from "../../../sys/index.ts";
import type { CopyPart } from "./part.ts";

const zeros = new Uint8Array(1 << 16);

/** The bytes of a file of a bundle or a tree. */
export function contentOf(
	archive: Archive,
	{ source, file }: Extract<CopyPart, { kind: "archive" }>,
	signal: AbortSignal,
): AsyncIterable<Uint8Array> {
	if (source.kind === "tree") return fileOfTree(archive, { root: source.root, path: file.path }, signal);
	const extents = file.pieces.map(([offset, , length]) => ({ offset, length }));
	return withHoles(piecesOf(source.path, file.pieces), extents, file.sizeBytes);
}

async function* piecesOf(
	path: string,
	pieces: readonly (readonly [number, number, number])[],
): AsyncGenerator<Uint8Array> {
	for (const [, start, length] of pieces)
		if (length > 0) yield* createReadStream(path, { start, end: start + length - 1, highWaterMark: 1 << 18 });
}

async function* fileOfTree(
	archive: Archive,
	{ root, path }: { readonly root: Parameters<Archive["pack"]>[0]; readonly path: string },
	signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
	const { stream } = await archive.pack(root, `/${fromByteString(path)}`, signal);
	for await (const { entry, content } of readTar(stream)) {
		const extents = entry.extents ?? [{ offset: 0, length: entry.size }];
		yield* withHoles(content, extents, entry.size);
		return;
	}
}

/** Data of extents one behind another, with the zeros between and behind them. */
async function* withHoles(
	data: AsyncIterable<Uint8Array>,
	extents: readonly TarExtent[],
	sizeBytes: number,
): AsyncGenerator<Uint8Array> {
	let position = 0;
	let index = 0;
	let left = extents[0]?.length ?? 0;
	for await (let chunk of data) {
		while (chunk.length > 0) {
			while (left === 0 && index < extents.length - 1) left = extents[++index]!.length;
			const extent = extents[index]!;
			const at = extent.offset + extent.length - left;
			if (at > position) yield* zerosOf(at - position);
			const bytes = chunk.subarray(0, left === 0 ? chunk.length : left);
			yield bytes;
			position = at + bytes.length;
			left = Math.max(0, left - bytes.length);
			chunk = chunk.subarray(bytes.length);
		}
	}
	if (position < sizeBytes) yield* zerosOf(sizeBytes - position);
}

function* zerosOf(length: number): Generator<Uint8Array> {
	for (let left = length; left > 0; left -= zeros.length)
		yield zeros.subarray(0, Math.min(left, zeros.length));
}
