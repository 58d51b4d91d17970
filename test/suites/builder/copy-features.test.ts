import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { ArchiveRoot } from "../../../src/archive/index.ts";
import type { BuildContext } from "../../../src/builder/contract.ts";
import { parseModeChange } from "../../../src/builder/steps/copy/mode-change.ts";
import {
	type CopyWorkshop,
	copyInto,
	forever,
	keyOf,
	openCopyWorkshop,
	planCopy,
	tarOf,
} from "./workshop.ts";

let workshop: CopyWorkshop;
let source: BuildContext;
let marked = "marked";
let bodies = 0;
let server: Server;
let origin: string;
let requests: string[];

beforeAll(async () => {
	workshop = openCopyWorkshop();
	workshop.run(
		`mkdir -p a/b/c d/e; echo 1 > a/b/c/one.txt; echo 2 > a/b/two.txt; echo 3 > d/e/three.txt; echo m > d/m.md
		chmod 750 a/b; chmod 640 a/b/two.txt; ln -s one.txt a/b/c/link; touch -d @1700000000 a/b/two.txt`,
		"context",
	);
	source = await workshop.upload("context");
	workshop.run(
		`git init -q -b main; git config user.email a@b; git config user.name n; mkdir -p sub/inner
		echo root > root.txt; echo in > sub/inner/in; ln -s .. sub/up; ln -s sub/inner folderlink; chmod 755 root.txt
		git add .; git commit -qm one; git tag v1; echo two > root.txt; git commit -qam two; git update-server-info`,
		"repository",
	);
	const archive = tarOf(join(workshop.path, "context"), "-z");
	server = createServer((request, response) => {
		requests.push(request.url!);
		const path = request.url!.split("?")[0]!;
		const inRepository = join(workshop.path, "repository/.git", path.replace(/^\/r\.git/, ""));
		if (path === "/file.txt")
			response.setHeader("Last-Modified", "Tue, 14 Nov 2023 22:13:20 GMT").end("fetched");
		else if (path === "/marked") {
			response.setHeader("ETag", `"${marked.length}"`);
			if (request.headers["if-none-match"] === `"${marked.length}"`) response.writeHead(304).end();
			else {
				bodies++;
				response.end(marked);
			}
		} else if (path === "/named")
			response.setHeader("Content-Disposition", 'attachment; filename="../given name"').end("named");
		else if (path === "/archive.tgz") response.end(archive);
		else if (path.startsWith("/r.git") && existsSync(inRepository) && !path.endsWith("/"))
			response.end(readFileSync(inRepository));
		else response.writeHead(404).end("no");
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}, 30_000);

afterAll(async () => {
	await source[Symbol.asyncDispose]();
	server.close();
	expect(workshop.leftovers()).toEqual([]);
	workshop[Symbol.dispose]();
});

let tree: ArchiveRoot;
beforeEach(() => {
	requests = [];
	workshop.run("rm -rf tree; mkdir tree");
	tree = { kind: "directory", path: join(workshop.path, "tree") };
});

/** Does an instruction in an empty tree; lists all that is there then. */
async function done(instruction: string, sourceDateEpoch?: number): Promise<string[]> {
	await copyInto(workshop, { source, instruction, root: tree }, sourceDateEpoch);
	return list("tree");
}
const list = (folder: string, format = "%P %m") =>
	workshop.run(`find . -mindepth 1 -printf '${format}\\n' | LC_ALL=C sort`, folder).trim().split("\n");

describe("--parents", () => {
	test("makes the folders above what is copied, as they are", async () => {
		expect(await done("COPY --parents a/b/two.txt d/m.md /t/")).toEqual([
			...["t 755", "t/a 755", "t/a/b 750", "t/a/b/two.txt 640", "t/d 755", "t/d/m.md 644"],
		]);
	});
	test("from the pivot on", async () => {
		expect(await done("COPY --parents a/./b/c /t/")).toEqual([
			...["t 755", "t/b 750", "t/b/c 755", "t/b/c/link 777", "t/b/c/one.txt 644"],
		]);
	});
	test("with wildcards over folders", async () => {
		expect((await done("COPY --parents **/t*.txt /t/")).filter((line) => line.includes(".txt"))).toEqual([
			"t/a/b/two.txt 640",
			"t/d/e/three.txt 644",
		]);
	});
});

describe("--exclude", () => {
	test("leaves out by name and by path below what is copied", async () => {
		expect(await done("COPY --exclude=**/*.txt . /t/")).not.toContain("t/a/b/two.txt 640");
		expect(await done("COPY --exclude=b/c a /u/")).not.toContain("u/b/c 755");
		expect(await done("COPY --exclude=*.txt --exclude=nothing d/* /v/")).toEqual(
			expect.arrayContaining(["v/m.md 644"]),
		);
	});
	test("a wildcard's files too; and all of them is an error", async () => {
		await expect(done("COPY --exclude=*.md d/m.* /t/")).rejects.toThrow("no source files were specified");
	});
});

describe("--chmod", () => {
	test.each([
		["755", 0o640, false, 0o755],
		["4711", 0o640, false, 0o4711],
		["u+x", 0o640, false, 0o740],
		["go-w,u=rwX", 0o666, false, 0o644],
		["a=rX", 0o640, false, 0o444],
		["a=rX", 0o640, true, 0o555],
		["+x", 0o644, false, 0o755],
		["g=u", 0o700, false, 0o770],
		["u+s,g+s", 0o755, false, 0o6755],
		["o+t", 0o755, true, 0o1755],
		["u=rw,go=", 0o777, false, 0o600],
	])("%s of %o", (text, mode, isFolder, expected) => {
		expect(parseModeChange(text)(mode, isFolder).toString(8)).toBe(expected.toString(8));
	});
	test.each(["", "9", "u", "z+x", "u+q", "77777", "0x1f", "u+x,"])("%j is refused", (text) => {
		expect(() => parseModeChange(text)).toThrow("invalid chmod parameter");
	});
	test("is for files and folders, not for links", async () => {
		expect(await done("COPY --chmod=u=rwX,go= a/b /t/")).toEqual([
			...["t 755", "t/c 700", "t/c/link 777", "t/c/one.txt 600", "t/two.txt 600"],
		]);
	});
});

describe("here-documents", () => {
	test("are files of root's", async () => {
		expect(await done("COPY <<one <<two /t/\na\none\nb b\ntwo")).toEqual(["t 755", "t/one 644", "t/two 644"]);
		expect(workshop.run("cat tree/t/one tree/t/two")).toBe("a\nb b\n");
	});
});

describe("SOURCE_DATE_EPOCH", () => {
	test("bounds the times of all that is made, of archives too", async () => {
		const times = async (instruction: string, epoch: number) => {
			await done(instruction, epoch);
			return list("tree", "%P %Ts").concat(workshop.run("stat -c %Y tree").trim());
		};
		for (const line of await times("COPY . /t/u/", 1_600_000_000)) expect(line).toEndWith("1600000000");
		workshop.run("rm -rf tree; mkdir tree");
		expect(await times("COPY a/b/two.txt /t/", 1_750_000_000)).toContain("t/two.txt 1700000000");
		workshop.run("rm -rf tree; mkdir tree");
		const adding = await times(`ADD --unpack=true ${origin}/archive.tgz /t/`, 1_600_000_000);
		expect(adding.length).toBeGreaterThan(8);
		for (const line of adding) expect(line).toEndWith("1600000000");
	});
});

describe("ADD of addresses", () => {
	test("is a file of mode 0600, dated by the server, and not unpacked", async () => {
		expect(await done(`ADD ${origin}/file.txt ${origin}/archive.tgz /t/`)).toEqual([
			...["t 755", "t/archive.tgz 600", "t/file.txt 600"],
		]);
		expect(list("tree/t", "%P %Ts")).toContain("file.txt 1700000000");
	});
	test("takes the server's name, which leads nowhere", async () => {
		expect(await done(`ADD ${origin}/named /t/`)).toEqual(["t 755", "t/given name 600"]);
	});
	test("unpacks when it is told to", async () => {
		expect(await done(`ADD --unpack=true --chown=3:4 ${origin}/archive.tgz /t`)).toContain(
			"t/a/b/two.txt 640",
		);
		expect(workshop.run("stat -c %u:%g tree/t/a/b/two.txt").trim()).toBe("3:4");
	});
	test("checks the content", async () => {
		const digest = `sha256:${createHash("sha256").update("fetched").digest("hex")}`;
		expect(await done(`ADD --checksum=${digest} ${origin}/file.txt /f`)).toEqual(["f 600"]);
		const wrong = `sha256:${"0".repeat(64)}`;
		await expect(done(`ADD --checksum=${wrong} ${origin}/file.txt /f`)).rejects.toThrow("digest mismatch");
	});
	test("says what went wrong", async () => {
		await expect(done(`ADD ${origin}/missing /t/`)).rejects.toThrow(`${origin}/missing: it answers 404`);
		await expect(done(`ADD ${origin}/ /t/`)).rejects.toThrow(/404|filename/);
		await expect(done("ADD http://127.0.0.1:1/x /t/")).rejects.toThrow(
			"cannot download http://127.0.0.1:1/x",
		);
		await expect(done(`COPY ${origin}/file.txt /t/`)).rejects.toThrow("source can't be a URL for COPY");
	});
	test("is not sent again while the server says it is the same, and is when it changed or is damaged here", async () => {
		const add = () => keyOf(workshop, source, `ADD ${origin}/marked /f`);
		const sent = async (act: () => Promise<unknown>) => {
			const before = bodies;
			await act();
			return bodies - before;
		};
		const first = await add();
		expect(await sent(async () => expect(await add()).toBe(first))).toBe(0);
		expect(await done(`ADD ${origin}/marked /f`)).toEqual(["f 600"]);
		marked = "changed";
		expect(await sent(async () => expect(await add()).not.toBe(first))).toBe(1);
		const changed = await add();
		const downloads = join(workshop.path, "builder/downloads");
		for (const name of readdirSync(downloads))
			if (!name.endsWith(".json")) writeFileSync(join(downloads, name), "damaged");
		expect(await sent(async () => expect(await add()).toBe(changed))).toBe(1);
	});
	test("has a key of the content, not of the address", async () => {
		const keys = await Promise.all(
			["file.txt?1", "file.txt?2"].map((path) => keyOf(workshop, source, `ADD ${origin}/${path} /f`)),
		);
		expect(keys[0]).toBe(keys[1]!);
	});
});

describe("ADD of repositories", () => {
	test("has the files of a ref, without .git unless it is kept", async () => {
		expect(await done(`ADD ${origin}/r.git#v1 /t`)).toEqual([
			...[
				"t 755",
				"t/folderlink 777",
				"t/root.txt 755",
				"t/sub 755",
				"t/sub/inner 755",
				"t/sub/inner/in 644",
			],
			"t/sub/up 777",
		]);
		expect(workshop.run("cat tree/t/root.txt")).toBe("root\n");
		expect(await done(`ADD --keep-git-dir ${origin}/r.git /u`)).toContain("u/.git 755");
		expect(workshop.run("cat tree/u/root.txt")).toBe("two\n");
	});
	test("has a folder of it, no link", async () => {
		expect(await done(`ADD ${origin}/r.git#main:sub/inner /t/`)).toEqual(["t 755", "t/in 644"]);
		for (const [folder, message] of [
			["folderlink", "not a directory"],
			["sub/up", "not a directory"],
			["nothing", "has no folder nothing"],
			["../..", "outside of the repository"],
		])
			await expect(done(`ADD ${origin}/r.git#main:${folder} /t/`)).rejects.toThrow(message);
	});
	test("says which ref or repository is not there", async () => {
		await expect(done(`ADD ${origin}/r.git#nothing /t/`)).rejects.toThrow("has no nothing");
		await expect(done(`ADD ${origin}/q.git /t/`)).rejects.toThrow("cannot fetch");
		await expect(done(`ADD ${origin}/r.git#--upload-pack=x /t/`)).rejects.toThrow("no branch, tag or commit");
	});
});

describe("contexts from addresses", () => {
	const options = { dockerfile: "Dockerfile", signal: forever };
	test("an archive, a Dockerfile, a folder of a repository", async () => {
		const archive = await workshop.contexts.fromAddress(`${origin}/archive.tgz`, options);
		await using tree = archive.context;
		expect(await tree.readText("d/m.md")).toBe("m\n");
		const file = await workshop.contexts.fromAddress(`${origin}/file.txt`, options);
		await using nothing = file.context;
		expect(file.dockerfile).toBe("fetched");
		expect(await nothing.find(["*"], { excludes: [], deep: false })).toEqual([]);
		const { context } = await workshop.contexts.fromAddress(`${origin}/r.git#:sub`, options);
		await using sub = context;
		expect(await sub.readText("inner/in")).toBe("in\n");
		expect(await sub.readText("up/root.txt")).toBeUndefined();
	});
});

describe("trees of contexts", () => {
	test("an upload's is made when it is asked for, and goes with it", async () => {
		workshop.run("echo a > .dockerignore", "ignoring");
		workshop.run("mkdir a b; echo x > a/x; echo y > b/y; ln b/y hard; chmod 700 b", "ignoring");
		const context = await workshop.upload("ignoring");
		const root = (await context.tree()) as { path: string };
		expect(await context.tree()).toBe(root as never);
		expect(list(root.path.slice(workshop.path.length + 1))).toEqual([
			...[".dockerignore 644", "b 700", "b/y 644", "hard 644"],
		]);
		await context[Symbol.asyncDispose]();
		expect(existsSync(root.path)).toBe(false);
	});

	test("a step that was prepared and not needed leaves nothing", async () => {
		const before = workshop.leftovers();
		const operation = await planCopy(`ADD ${origin}/file.txt /f`);
		await using prepared = await workshop.copier.prepareCopy({ operation, source }, forever);
		expect(workshop.leftovers().length).toBe(before.length + 1);
		await prepared[Symbol.asyncDispose]();
		expect(workshop.leftovers()).toEqual(before);
	});

	test("a step that is cancelled says so, and leaves nothing", async () => {
		const before = workshop.leftovers();
		const operation = await planCopy(`ADD ${origin}/file.txt /f`);
		const cancelled = AbortSignal.abort();
		const preparing = workshop.copier.prepareCopy({ operation, source }, cancelled);
		await expect(preparing).rejects.toThrow("cancelled");
		expect(workshop.leftovers()).toEqual(before);
	});
});
