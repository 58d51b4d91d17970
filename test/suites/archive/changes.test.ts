import { expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ArchiveRoot, ChangeSource } from "../../../src/archive/index.ts";
import { runInTree } from "../snapshots/see-mounts.ts";
import { collect, describeTree, openWorkshop, type Workshop } from "./workshop.ts";

/** What a container does; dockerd 20.10 was given the same. */
const script = `
	echo new > d/new; rm d/b; echo changed > f/1; rm -rf e; mkdir e; echo e2 > e/2; rm -rf d/sub; mkdir d/sub
	echo s > d/sub/s; chmod 700 tmp; chown 5 etc/passwd; ln -s x tmp/l; ln d/new d/newhard; mkfifo tmp/fifo; rm dang
	mkdir -p deep/a/b; echo z > deep/a/b/c; rm bin/cp; mv tmp/x tmp/y; cat etc/passwd > /dev/null; echo a >> d/hard
	rm -rf root; echo file > root; touch -r f/2 f/2; : >> untouched`;

const expected = [
	"C /bin",
	"D /bin/cp",
	"C /d",
	"D /d/b",
	"C /d/hard",
	"A /d/new",
	"A /d/newhard",
	"C /d/sub",
	"C /d/sub/s",
	"D /dang",
	"A /deep",
	"A /deep/a",
	"A /deep/a/b",
	"A /deep/a/b/c",
	"C /e",
	"D /e/1",
	"A /e/2",
	"C /etc",
	"C /etc/passwd",
	"C /f",
	"C /f/1",
	"C /root",
	"C /tmp",
	"A /tmp/fifo",
	"A /tmp/l",
	"D /tmp/x",
	"A /tmp/y",
];

/** Both ways to tell what changed: the overlay's upper folder, and two whole trees. */
function prepare(workshop: Workshop): Record<"upper" | "trees", ChangeSource> {
	for (const name of ["lower", "empty", "upper", "work"]) workshop.folder(name);
	workshop.run(`cd lower; mkdir -p bin tmp/x root d/sub e f etc; echo root > etc/passwd; echo cp > bin/cp; echo a > d/a; echo b > d/b
		echo s > d/sub/s; echo e1 > e/1; echo f1 > f/1; echo f2 > f/2; ln d/a d/hard; ln -s /nowhere dang; echo u > untouched
		find . -exec touch -h -d '2001-02-03' {} +`);
	const mounts = (options: string[]): ArchiveRoot => ({
		kind: "mounts",
		mounts: [{ type: "overlay", source: "overlay", cwd: workshop.path, options }],
	});
	const options = ["lowerdir=lower:empty", "upperdir=upper", "workdir=work", "redirect_dir=nofollow"];
	runInTree([{ type: "overlay", source: "overlay", cwd: workshop.path, options }], script);
	const parent = mounts(["lowerdir=lower:empty", "ro"]);
	return {
		upper: { changesDirectory: join(workshop.path, "upper"), parent },
		trees: { tree: mounts(["lowerdir=upper:lower:empty", "ro"]), parent },
	};
}

for (const way of ["upper", "trees"] as const) {
	test(`docker diff's answer (${way})`, async () => {
		using workshop = openWorkshop();
		const changes = await workshop.archive.changes(prepare(workshop)[way]);
		expect(changes.map(({ kind, path }) => `${"CAD"[kind]} ${path}`)).toEqual(expected);
	});

	test(`a layer made of the changes gives the same tree on the same parent (${way})`, async () => {
		using workshop = openWorkshop();
		const source = prepare(workshop)[way];
		workshop.run("cp -a lower rebuilt && mkdir seen");
		const layer = await collect(workshop.archive.packChanges(source));
		writeFileSync(join(workshop.path, "layer.tar"), layer);
		const options = { directory: join(workshop.path, "rebuilt"), whiteouts: "apply" as const };
		const limits = { maxBytes: 1e9, maxEntries: 1e4 };
		await workshop.archive.extractLayer({ blobPath: join(workshop.path, "layer.tar"), ...options, limits });
		execFileSync("mount", ["-t", "overlay", "-o", "lowerdir=upper:lower:empty,ro", "overlay", "seen"], {
			cwd: workshop.path,
		});
		try {
			// A hard link to a file below is a file of its own in an overlay: count no links.
			const look = (folder: string) => describeTree(workshop, folder).replace(/\|\d+\|(?=\d+\.)/g, "|");
			expect(look("rebuilt")).toBe(look("seen"));
		} finally {
			workshop.run("umount seen");
		}
	});
}

test("without a parent everything is new", async () => {
	using workshop = openWorkshop();
	workshop.run("mkdir -p tree/d && touch tree/d/file");
	const tree = { kind: "directory", path: join(workshop.path, "tree") } as const;
	expect(await workshop.archive.changes({ tree, parent: undefined })).toEqual([
		{ path: "/d", kind: 1 },
		{ path: "/d/file", kind: 1 },
	]);
	expect(
		await workshop.archive.changes({ changesDirectory: tree.path, parent: { kind: "mounts", mounts: [] } }),
	).toHaveLength(2);
});
