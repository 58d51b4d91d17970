import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { keyOf, openCopyWorkshop } from "./workshop.ts";

/** What is done to a context, and to the instruction; whether the key of COPY may be the same afterwards. */
interface Case {
	readonly change?: string;
	/** Default: `COPY tree /to/`. */
	readonly before?: string;
	/** Default: `before`. */
	readonly after?: string;
	readonly same: boolean;
	/** Default: an upload. */
	readonly kind?: "folder" | "tree";
}

const start = `
	mkdir -p tree/sub tree/empty other/deep
	echo one > tree/a; echo two > tree/b; echo sub > tree/sub/c; echo out > outside
	ln -s a tree/link; ln tree/b tree/hard; cp tree/a same; echo o > other/deep/o; echo x > x.txt
	touch -d @1000000000 tree/a`;

const cases: Record<string, Case> = {
	nothing: { same: true },
	"a file's time": { change: "touch -d @5 tree/a", same: true },
	"a folder's time": { change: "touch -d @5 tree/sub", same: true },
	"a link's time": { change: "touch -h -d @5 tree/link", same: true },
	"a file's time of access": { change: "touch -a tree/a", same: true },
	"a file beside what is copied": { change: "echo new > outside", same: true },
	"a new file beside what is copied": { change: "echo new > another", same: true },
	"a file written again with the same bytes": { change: "cp tree/a t && mv t tree/a", same: true },
	"the order in which files were made": {
		change: "mv tree/a t && mv tree/b u && mv u tree/b && mv t tree/a && ln -f tree/b tree/hard",
		same: true,
	},
	"the owner of an uploaded file": { change: "chown 5:6 tree/a", same: true },
	"the mode of a folder's own root, whose content is copied": { change: "chmod 700 tree", same: true },
	"content of the same length": { change: "echo eno > tree/a", same: false },
	"content of the same length and time": {
		change: "echo eno > tree/a; touch -d @1000000000 tree/a",
		same: false,
	},
	"content that grows": { change: "echo more >> tree/a", same: false },
	"content that is gone": { change: ": > tree/a", same: false },
	"content with a NUL": { change: "printf 'one\\0' > tree/a", same: false },
	"content of a file in a folder": { change: "echo new > tree/sub/c", same: false },
	"contents of two files exchanged": {
		change: "mv tree/a t && mv tree/b tree/a && mv t tree/b",
		same: false,
	},
	"a file's name": { change: "mv tree/a tree/z", same: false },
	"a folder's name": { change: "mv tree/sub tree/bus", same: false },
	"a file moved into a folder": { change: "mv tree/a tree/sub/a", same: false },
	"a new file": { change: "echo > tree/new", same: false },
	"a new empty file": { change: ": > tree/new", same: false },
	"a new empty folder": { change: "mkdir tree/new", same: false },
	"an empty folder that is gone": { change: "rmdir tree/empty", same: false },
	"a file that is gone": { change: "rm tree/a", same: false },
	"a file's mode": { change: "chmod 755 tree/a", same: false },
	setuid: { change: "chmod u+s tree/a", same: false },
	"a folder's mode": { change: "chmod 700 tree/sub", same: false },
	"the sticky bit of a folder": { change: "chmod +t tree/sub", same: false },
	"where a link leads": { change: "ln -sf b tree/link", same: false },
	"the way in which a link says it": { change: "ln -sf ./a tree/link", same: false },
	"a link in the place of its file": { change: "rm tree/a; ln -s ../same tree/a", same: false },
	"a file in the place of its link": { change: "rm tree/link; cp tree/a tree/link", same: false },
	"a folder in the place of an empty file": {
		before: "COPY . /to/",
		change: "rm x.txt; mkdir x.txt",
		same: false,
	},
	"a fifo in the place of an empty file": { change: ": > tree/a; rm tree/b; mkfifo tree/b", same: false },
	"a hard link that becomes a file of its own": { change: "cp tree/hard t && mv t tree/hard", same: false },
	"a hard link to a file outside": { change: "ln tree/a elsewhere", same: true },
	"the target": { after: "COPY tree /elsewhere/", same: false },
	"the slash at the target's end": { before: "COPY x.txt /to", after: "COPY x.txt /to/", same: false },
	"the same target in other words": { after: "COPY tree /x/../to/", same: true },
	"the same source in other words": { after: "COPY ./tree/ /to/", same: true },
	"another source with the same content": { before: "COPY tree/a /to", after: "COPY same /to", same: false },
	"another folder with the same content": { change: "cp -a tree eert", after: "COPY eert /to/", same: true },
	"the order of sources": {
		before: "COPY x.txt outside /to/",
		after: "COPY outside x.txt /to/",
		same: false,
	},
	"a wildcard that comes to the same": { before: "COPY x.txt /to/", after: "COPY x.* /to/", same: true },
	"a wildcard that matches more than before": {
		before: "COPY *.txt /to/",
		change: "echo > y.txt",
		same: false,
	},
	"a wildcard that matches the same as before": {
		before: "COPY *.txt /to/",
		change: "echo > y.md",
		same: true,
	},
	"an owner": { after: "COPY --chown=1:2 tree /to/", same: false },
	"another owner": { before: "COPY --chown=1:2 tree /to/", after: "COPY --chown=1:3 tree /to/", same: false },
	"a mode for all": { after: "COPY --chmod=700 tree /to/", same: false },
	"a mode for all that they have": {
		before: "COPY x.txt /to/",
		after: "COPY --chmod=644 x.txt /to/",
		same: true,
	},
	"a file's mode, where it is set for all": {
		...{ before: "COPY --chmod=644 x.txt /to/", change: "chmod 600 x.txt", same: true },
	},
	"a file's mode, where a part of it is set": {
		...{ before: "COPY --chmod=u+x x.txt /to/", change: "chmod 600 x.txt", same: false },
	},
	"a file that is excluded": { after: "COPY --exclude=a tree /to/", same: false },
	"the content of an excluded file": {
		...{ before: "COPY --exclude=a tree /to/", change: "echo new > tree/a", same: true },
	},
	"an exclusion of nothing": { after: "COPY --exclude=nothing tree /to/", same: true },
	"the content of an ignored file": {
		...{ before: "COPY . /to/", change: "echo new > ignored/i; rm -f x", same: true },
	},
	"what is ignored": { before: "COPY . /to/", change: "echo tree > .dockerignore", same: false },
	parents: { before: "COPY other/deep /to/", after: "COPY --parents other/deep /to/", same: false },
	"the mode of a parent": {
		before: "COPY --parents other/deep /to/",
		change: "chmod 700 other",
		same: false,
	},
	"the mode of a parent that is not made": {
		before: "COPY other/deep /to/",
		change: "chmod 700 other",
		same: true,
	},
	"the pivot of parents": {
		before: "COPY --parents other/deep /to/",
		after: "COPY --parents other/./deep /to/",
		same: false,
	},
	"ADD in the place of COPY": { before: "COPY x.txt /to/", after: "ADD x.txt /to/", same: false },
	"ADD that unpacks nothing": {
		before: "ADD --unpack=false x.txt /to/",
		after: "ADD x.txt /to/",
		same: false,
	},
	"a here-document": { before: "COPY <<E /to\na\nE", after: "COPY <<E /to\nb\nE", same: false },
	"the same here-document": { before: "COPY <<E /to\na\nE", same: true },
	"an extended attribute of a file": { kind: "tree", change: "setfattr -n user.k -v v tree/a", same: false },
	"an extended attribute's value": {
		...{ kind: "tree", change: "setfattr -n user.old -v new tree/sub/c", same: false },
	},
	"the owner of a stage's file": { kind: "tree", change: "chown 5:6 tree/a", same: false },
	"the owner of a stage's file, where it is set": {
		...{ kind: "tree", before: "COPY --chown=1:2 tree /to/", change: "chown 5:6 tree/a", same: true },
	},
	"the owner of a folder's file": { kind: "folder", change: "chown 5:6 tree/a", same: true },
	"content of a folder, of the same length and time": {
		...{ kind: "folder", change: "echo eno > tree/a; touch -d @1000000000 tree/a", same: false },
	},
	"content of a folder by another file of the same length and time": {
		...{ kind: "folder", change: "echo eno > t; touch -d @1000000000 t; mv t tree/a", same: false },
	},
};

const workshop = openCopyWorkshop();
beforeAll(() => {
	workshop.run(
		`${start}; setfattr -n user.old -v old tree/sub/c; mkdir ignored; echo i > ignored/i`,
		"start",
	);
	workshop.run("printf 'ignored\\n.dockerignore\\n' > .dockerignore", "start");
});
afterAll(() => workshop[Symbol.dispose]());

async function key(folder: string, kind: Case["kind"], instruction: string): Promise<string> {
	const path = `${workshop.path}/${folder}`;
	const signal = new AbortController().signal;
	const { contexts } = workshop;
	await using source = await (kind === "tree"
		? contexts.fromTree({ kind: "directory", path }, signal)
		: kind === "folder"
			? contexts.fromFolder(path, { dockerfile: "Dockerfile", signal })
			: workshop.upload(folder));
	return keyOf(workshop, source, instruction);
}

describe("what changes the cache key of a copy", () => {
	test.each(Object.entries(cases))("%s", async (_name, { kind, change, same, ...work }) => {
		workshop.run("rm -rf work && cp -a start work");
		const before = work.before ?? "COPY tree /to/";
		const first = await key("work", kind, before);
		if (change !== undefined) workshop.run(change, "work");
		const second = await key("work", kind, work.after ?? before);
		expect(second === first).toBe(same);
	});

	test("a tree that is uploaded, read where it is, or a stage's, has one key", async () => {
		const keys = await Promise.all(
			(["folder", "tree", undefined] as const).map((kind) =>
				key("start", kind, "COPY --exclude=sub tree /to/"),
			),
		);
		expect(new Set(keys).size).toBe(1);
		expect(workshop.leftovers()).toEqual([]);
	});
});
