/**
 * A cpio archive as the kernel takes for its initramfs ("newc", Documentation/driver-api/early-userspace/buffer-format):
 * entries of `path`, `mode` (with the type's bits), and `bytes` or `device` ([major, minor]).
 */
export function makeArchive(entries) {
	const parts = entries.flatMap((entry, index) => encodeEntry(entry, index + 1));
	return Buffer.concat([...parts, ...encodeEntry({ path: "TRAILER!!!", mode: 0 }, 0)]);
}

function encodeEntry({ path, mode, bytes = Buffer.alloc(0), device = [0, 0] }, inode) {
	const name = Buffer.from(`${path}\0`);
	const numbers = [
		...[inode, mode, 0, 0, 1, 0, bytes.length],
		...[0, 0, device[0], device[1], name.length, 0],
	];
	const header = `070701${numbers.map((number) => number.toString(16).padStart(8, "0")).join("")}`;
	return [padded(Buffer.concat([Buffer.from(header), name])), padded(bytes)];
}

function padded(bytes) {
	return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}
