/** A deliberately simple ustar writer for test archives, independent of the reader under test. */
export interface TarEntry {
	readonly name: string;
	/** Default: a file, or a folder when the name ends in `/`. */
	readonly type?: "file" | "hardlink" | "symlink" | "char" | "block" | "directory" | "fifo";
	readonly mode?: number;
	readonly uid?: number;
	readonly gid?: number;
	/** Seconds since 1970; default 0. */
	readonly mtime?: number;
	readonly data?: Uint8Array | string;
	readonly linkName?: string;
	/** Announced size, when it shall lie. */
	readonly size?: number;
}

const typeFlags = {
	file: "0",
	hardlink: "1",
	symlink: "2",
	char: "3",
	block: "4",
	directory: "5",
	fifo: "6",
} as const;

export function buildTar(entries: readonly TarEntry[]): Buffer {
	const parts: Uint8Array[] = [];
	for (const entry of entries) parts.push(...entryBlocks(entry));
	parts.push(Buffer.alloc(1024));
	return Buffer.concat(parts);
}

function entryBlocks(entry: TarEntry): Uint8Array[] {
	const data = Buffer.from(entry.data ?? "");
	const padding = Buffer.alloc((512 - (data.length % 512)) % 512);
	return [header(entry, data.length), data, padding];
}

function header(entry: TarEntry, length: number): Buffer {
	const type = entry.type ?? (entry.name.endsWith("/") ? "directory" : "file");
	const block = Buffer.alloc(512);
	if (Buffer.byteLength(entry.name) > 100) throw new Error(`name too long for this writer: ${entry.name}`);
	block.write(entry.name, 0);
	octal(block, { at: 100, width: 8, value: entry.mode ?? (type === "directory" ? 0o755 : 0o644) });
	octal(block, { at: 108, width: 8, value: entry.uid ?? 0 });
	octal(block, { at: 116, width: 8, value: entry.gid ?? 0 });
	octal(block, { at: 124, width: 12, value: entry.size ?? length });
	octal(block, { at: 136, width: 12, value: entry.mtime ?? 0 });
	block.fill(" ", 148, 156);
	block.write(typeFlags[type], 156);
	block.write(entry.linkName ?? "", 157);
	block.write("ustar\u000000", 257);
	let sum = 0;
	for (const byte of block) sum += byte;
	octal(block, { at: 148, width: 8, value: sum });
	return block;
}

function octal(block: Buffer, field: { at: number; width: number; value: number }): void {
	block.write(field.value.toString(8).padStart(field.width - 1, "0"), field.at);
	block[field.at + field.width - 1] = 0;
}
