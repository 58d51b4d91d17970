import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Archive, createArchive } from "../../../src/archive/index.ts";
import { createLogger, formatTarHeader, type TarEntry, tarEnd, tarPadding } from "../../../src/lib/index.ts";

export const wide = { maxBytes: 1e12, maxEntries: 1e6 };

/** A folder to work in, and an archive with its own mount point. */
export interface Workshop extends Disposable {
	readonly path: string;
	readonly archive: Archive;
	/** What the archive logged. */
	readonly lines: readonly string[];
	/** Makes a folder. */
	folder(name: string): string;
	/** Runs a shell script in the workshop; gives what it printed. */
	run(script: string): string;
}

export function openWorkshop(): Workshop {
	const path = mkdtempSync(join(tmpdir(), "hull-archive-"));
	const lines: string[] = [];
	const log = createLogger("info", (line) => lines.push(line));
	return {
		path,
		lines,
		archive: createArchive({ log, mountPoint: join(path, "mount-point") }),
		folder(name) {
			mkdirSync(join(path, name), { recursive: true });
			return join(path, name);
		},
		run: (script) =>
			execFileSync("bash", ["-ec", script], {
				cwd: path,
				encoding: "utf8",
				stdio: ["ignore", "pipe", "pipe"],
			}),
		[Symbol.dispose]: () => rmSync(path, { recursive: true }),
	};
}

/** All that can be seen of a tree: kinds, modes, owners, sizes, links, nanoseconds, xattrs, contents. */
export function describeTree(workshop: Workshop, folder: string): string {
	const fields = "%P|%y|%m|%U:%G|%n|%T@|%l|";
	return workshop.run(`
		cd ${folder}
		find . -mindepth 1 \\( -type f -printf '${fields}%s\\n' \\) -o -printf '${fields}\\n' | LC_ALL=C sort
		find . -mindepth 1 \\( -type b -o -type c \\) -exec stat -c '%n %t:%T' {} + | LC_ALL=C sort
		find . -mindepth 1 -not -type l -print0 | LC_ALL=C sort -z | xargs -0 -r getfattr -h -d -m - -e hex
		find . -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum`);
}

/** An entry, and a file's content. */
export type Item = TarEntry | readonly [TarEntry, string];

/** Archive bytes of entries; a file without text has as many `x` as its size says. */
export function makeTar(...items: readonly Item[]): Buffer {
	const parts = items.flatMap((item) => {
		const [entry, text] = "name" in item ? [item, "x".repeat(item.size)] : item;
		return [formatTarHeader(entry), Buffer.from(text, "latin1"), tarPadding(entry)];
	});
	return Buffer.concat([...parts, tarEnd]);
}

/** Extracts archive bytes as a layer. */
export function extract(
	{ path, archive, folder }: Workshop,
	bytes: Uint8Array,
	options: { into?: string; whiteouts?: "overlay" | "apply"; limits?: typeof wide } = {},
) {
	writeFileSync(join(path, "blob"), bytes);
	const { into = "tree", whiteouts = "overlay", limits = wide } = options;
	return archive.extractLayer({ blobPath: join(path, "blob"), directory: folder(into), whiteouts, limits });
}

export async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
	return Buffer.concat(await Array.fromAsync(stream));
}
