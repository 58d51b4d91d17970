import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createLogger, tarEntry } from "../../../src/lib/index.ts";
import { type Digest, digestOf } from "../../../src/oci/index.ts";
import {
	createMetadata,
	createOverlaySnapshots,
	createPlainSnapshots,
	type Metadata,
} from "../../../src/store/index.ts";
import { runInTree } from "../snapshots/see-mounts.ts";
import { type Item, makeTar, openWorkshop, type Workshop, wide } from "./workshop.ts";

const file = (name: string, text = name): Item => [tarEntry({ name, size: text.length }), text];
const directory = (name: string) => tarEntry({ name, type: "directory" });

/** What a stack of layers must look like, whichever way it is put together (OCI image-spec, layer.md). */
const cases: Record<string, { layers: readonly Item[][]; expected: string }> = {
	"a file is deleted": {
		layers: [[file("a"), file("b")], [file(".wh.a")]],
		expected: "b",
	},
	"a folder is deleted": {
		layers: [[directory("d"), file("d/a"), file("b")], [file(".wh.d")]],
		expected: "b",
	},
	"a deleted file comes back in a third layer": {
		layers: [[file("a", "old")], [file(".wh.a")], [file("a", "new")]],
		expected: "a=new",
	},
	"a whiteout hides nothing of its own layer, in either order": {
		layers: [
			[file("a", "old"), file("b", "old")],
			[file("a", "new"), file(".wh.a", ""), file(".wh.b", ""), file("b", "new")],
		],
		expected: "a=new b=new",
	},
	"a folder is deleted and made anew, the whiteout first": {
		layers: [
			[directory("d"), file("d/old")],
			[file(".wh.d", ""), directory("d"), file("d/new")],
		],
		expected: "d/ d/new",
	},
	"a folder is deleted and made anew, the whiteout last": {
		layers: [
			[directory("d"), file("d/old")],
			[directory("d"), file("d/new"), file(".wh.d", "")],
		],
		expected: "d/ d/new",
	},
	"a folder is deleted and made anew by a file in it": {
		layers: [
			[directory("d"), file("d/old")],
			[file(".wh.d", ""), file("d/new")],
		],
		expected: "d/ d/new",
	},
	"an opaque folder keeps only its own": {
		layers: [
			[directory("d"), file("d/old"), directory("d/sub"), file("d/sub/old"), file("other")],
			[directory("d"), file("d/new"), directory("d/sub"), file("d/.wh..wh..opq", ""), file("d/sub/new")],
		],
		expected: "d/ d/new d/sub/ d/sub/new other",
	},
	"an opaque root": {
		layers: [
			[file("a"), directory("d"), file("d/a")],
			[file("b"), file(".wh..wh..opq", "")],
		],
		expected: "b",
	},
	"a file becomes a folder and a folder a file": {
		layers: [
			[file("a"), directory("b"), file("b/c")],
			[directory("a"), file("a/x"), file("b", "file")],
		],
		expected: "a/ a/x b=file",
	},
	"aufs' bookkeeping is left out": {
		layers: [[file("a")], [directory(".wh..wh.plnk"), file(".wh..wh.aufs"), file("b")]],
		expected: "a b",
	},
	"a whiteout of what was never there": {
		layers: [
			[file("a"), directory("d"), file("d/a")],
			[file("d/.wh.nothing", ""), file(".wh.nothing", "")],
		],
		expected: "a d/ d/a",
	},
};

const look = `find . -mindepth 1 -not -type d -printf '%P\\n' -o -type d -mindepth 1 -printf '%P/\\n' | LC_ALL=C sort | while read -r p; do
	case "$p" in */) printf '%s ' "$p" ;; *) c="$(cat "$p")"; [ "$c" = "$p" ] && printf '%s ' "$p" || printf '%s=%s ' "$p" "$c" ;; esac; done`;

describe("layers one on another", () => {
	for (const [name, { layers, expected }] of Object.entries(cases)) {
		for (const create of [createOverlaySnapshots, createPlainSnapshots])
			test(`${name} (${create.name})`, async () => {
				using workshop = openWorkshop();
				using metadata = openMetadata(workshop);
				const driver = create({ root: workshop.path, metadata, log });
				let chain: Digest | undefined;
				for (const items of layers) {
					await using staged = await driver.stage(chain);
					writeFileSync(join(workshop.path, "blob"), makeTar(...items));
					const { directory, whiteouts } = staged;
					const blobPath = join(workshop.path, "blob");
					const layer = await workshop.archive.extractLayer({ blobPath, directory, whiteouts, limits: wide });
					chain = chain === undefined ? layer.diffId : digestOf(`${chain} ${layer.diffId}`);
					await staged.commit(chain, layer);
				}
				expect(normal(runInTree(driver.layerMounts(chain!), look))).toBe(normal(expected));
				await driver.prepare("container", chain);
				expect(normal(runInTree(driver.mounts("container"), look))).toBe(normal(expected));
				expect(driver.layerUsage(chain!).inodes).toBeLessThan(10);
			});
	}
});

const log = createLogger("error");

function openMetadata({ path }: Workshop): Metadata & Disposable {
	const metadata = createMetadata({ path: join(path, "hull.db"), log });
	return { ...metadata, [Symbol.dispose]: () => metadata.close() };
}

/** A file whose text is not its own name is told by `=`. */
function normal(listing: string): string {
	return listing
		.trim()
		.split(" ")
		.map((item) => item.replace(/^([^=]+)=.*\/?\1$/, "$1"))
		.join(" ");
}
