import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * The uncompressed kernel inside a bzImage (Documentation/x86/boot: `setup_sects`, `payload_offset`, `payload_length`):
 * without KVM the kernel's own unpacking takes seconds.
 */
export function readVmlinux(path) {
	const image = readFileSync(path);
	if (image.readUInt32LE(0x202) !== 0x53726448) throw new Error(`setup: ${path} is no bzImage`);
	const start = ((image[0x1f1] || 4) + 1) * 512 + image.readUInt32LE(0x248);
	// The last four bytes are the size of what comes out.
	const payload = image.subarray(start, start + image.readUInt32LE(0x24c) - 4);
	const result = spawnSync(...decompressor(payload, path), { input: payload, maxBuffer: 1 << 28 });
	if (result.status !== 0) throw new Error(`setup: cannot unpack ${path}: ${result.stderr ?? result.error}`);
	return result.stdout;
}

function decompressor(payload, path) {
	const magic = payload.readUInt32BE(0);
	if (magic === 0xfd377a58) return ["xz", ["-dc"]];
	if (magic === 0x28b52ffd) return ["zstd", ["-dc"]];
	if (magic >>> 16 === 0x1f8b) return ["gzip", ["-dc"]];
	throw new Error(`setup: ${path} is compressed in an unknown way`);
}
