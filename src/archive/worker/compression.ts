import type { Compression } from "../contract.ts";

/** How many bytes tell a compression. */
export const MAGIC_BYTES = 6;

const magics: readonly { readonly compression: Compression; readonly bytes: readonly number[] }[] = [
	{ compression: "gzip", bytes: [0x1f, 0x8b] },
	{ compression: "zstd", bytes: [0x28, 0xb5, 0x2f, 0xfd] },
	{ compression: "bzip2", bytes: [0x42, 0x5a, 0x68] },
	{ compression: "xz", bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
];

/** What a stream beginning like this is compressed with. */
export function recogniseCompression(start: Uint8Array): Compression {
	if (isSkippableZstdFrame(start)) return "zstd";
	return (
		magics.find(({ bytes }) => bytes.every((byte, index) => start[index] === byte))?.compression ?? "none"
	);
}

/** RFC 8878, 3.1.2: the first byte may be any of sixteen. */
function isSkippableZstdFrame(start: Uint8Array): boolean {
	return ((start[0] ?? 0) & 0xf0) === 0x50 && start[1] === 0x2a && start[2] === 0x4d && start[3] === 0x18;
}
