/** Repositories that mean harm, and addresses that lead to the daemon's own disk. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { parseGitAddress } from "../../../src/builder/contexts/git-address.ts";
import { type CopyWorkshop, forever, openCopyWorkshop } from "./workshop.ts";

let workshop: CopyWorkshop;
let server: Server;
let origin: string;

beforeAll(async () => {
	workshop = openCopyWorkshop();
	server = createServer((request, response) => {
		const path = join(workshop.path, "served", new URL(request.url!, "http://x").pathname);
		const isFile = existsSync(path) && statSync(path).isFile();
		response.writeHead(isFile ? 200 : 404).end(isFile ? readFileSync(path) : "");
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	// What must neither be run nor be read.
	workshop.run(`printf '#!/bin/sh\\ntouch ${workshop.path}/ran\\n' > evil; chmod 755 evil
		git init -q -b main secret; cd secret; echo secret > secret; git add .
		git -c user.name=n -c user.email=e commit -qm secret`);
});
afterAll(() => {
	server.close();
	expect(existsSync(join(workshop.path, "ran"))).toBe(false);
	expect(workshop.leftovers()).toEqual([]);
	workshop[Symbol.dispose]();
});

let repositories = 0;
/** Serves what a script makes in a repository; it has `commit TREE`, and `tree` that takes lines of mode, name, object. */
function serve(script: string): string {
	const name = `${++repositories}.git`;
	workshop.run(
		`git init -q --bare -b main .; git config user.name n; git config user.email e
		blob() { git hash-object -w --stdin; }
		tree() { perl -ane 'print "$F[0] $F[1]\\0" . pack("H*", $F[2])' | git hash-object -w --literally -t tree --stdin; }
		commit() { git update-ref refs/heads/main $(git commit-tree -m x "$1"); }
		${script}
		git update-server-info`,
		`served/${name}`,
	);
	return `${origin}/${name}`;
}

const open = (address: string, keepGitDir = false) =>
	workshop.contexts.fromRepository(parseGitAddress(address)!, {
		...{ keepGitDir, dockerfile: "Dockerfile", signal: forever },
	});

/** A submodule `lib`, as .gitmodules has it. */
const withSubmodule = (...lines: string[]) =>
	serve(`file=$(printf '%s\\n' ${['[submodule "lib"]', ...lines].map((line) => `'${line}'`).join(" ")} | blob)
		commit $(printf '100644 .gitmodules %s\\n160000 lib %s\\n' $file $(git -C ${workshop.path}/secret rev-parse HEAD) | tree)`);

test.each([
	["a link named .git", "120000 .git"],
	["a folder named .git", "40000 .git"],
	["a name of two dots", "40000 .."],
	["a name with a way up", "100644 ../escaped"],
	["a name from the root", "100644 /escaped"],
])("%s is not checked out", async (_name, entry) => {
	const object = entry.startsWith("40000")
		? `hooks=$(printf '100755 post-checkout %s\\n' $(blob < ${workshop.path}/evil) | tree); object=$hooks`
		: `object=$(printf '${workshop.path}/secret/.git' | blob)`;
	const address = serve(`${object}; commit $(printf '${entry} %s\\n' $object | tree)`);
	await expect(open(address)).rejects.toThrow(/git (checkout|fetch)|cannot fetch/);
	expect(workshop.run("ls -d escaped served/escaped 2>/dev/null || true")).toBe("");
});

test.each([
	["the daemon's disk", () => [`path = lib`, `url = file://${workshop.path}/secret`]],
	["a path of the daemon's disk", () => [`path = lib`, `url = ${workshop.path}/secret`]],
	["an option of git", () => ["path = lib", `url = --upload-pack=${workshop.path}/evil`]],
	["an option, for a relative address", () => ["path = lib", `url = -u./${workshop.path}/evil`]],
	["a program", () => ["path = lib", `url = ext::${workshop.path}/evil`]],
	[
		"a host that is an option of ssh",
		() => ["path = lib", `url = ssh://-oProxyCommand=${workshop.path}/evil/x`],
	],
	["a folder that is an option", () => ["path = -lib", `url = ${origin}/1.git`]],
	["a folder outside", () => ["path = ../lib", `url = ${origin}/1.git`]],
	["the folder of git itself", () => ["path = .git/modules", `url = ${origin}/1.git`]],
])("a submodule of %s is not fetched", async (_name, lines) => {
	const opened = open(withSubmodule(...lines())).then(async (context) => {
		await using source = context;
		return (await source.find(["*"], { excludes: [], deep: true })).length;
	});
	await expect(opened).rejects.toThrow(/^git submodule update: /);
});

test("a submodule cannot say which program updates it", async () => {
	const address = withSubmodule("path = lib", `url = ${origin}/1.git`, `update = !${workshop.path}/evil`);
	await expect(open(address)).rejects.toThrow(/^git submodule update: /);
});

test("hooks, filters and configuration that a repository brings along are files like others", async () => {
	const address = serve(`evil=$(blob < ${workshop.path}/evil)
		attributes=$(printf '* filter=evil diff=evil merge=evil\\n' | blob)
		config=$(printf '[filter "evil"]\\n\\tsmudge = ${workshop.path}/evil\\n\\trequired\\n' | blob)
		hooks=$(printf '100755 post-checkout %s\\n' $evil | tree)
		commit $(printf '100644 .gitattributes %s\\n100644 .gitconfig %s\\n40000 hooks %s\\n' $attributes $config $hooks | tree)
		cp ${workshop.path}/evil hooks/post-checkout; git config core.fsmonitor ${workshop.path}/evil`);
	await using source = await open(address, true);
	expect(await source.readText("hooks/post-checkout")).toContain("touch");
	expect(await source.readText(".git/config")).not.toContain("evil");
});

test("addresses of the daemon's disk, of programs and of options are none", () => {
	const none = [
		"file:///etc/.git",
		"/etc/.git",
		"ext::sh -c x",
		"--upload-pack=x",
		"-u@host:x",
		"git@host:-x",
		"ssh://-oProxyCommand=x/y",
		"git://-x/y",
	];
	expect(none.map(parseGitAddress)).toEqual(none.map(() => undefined));
	const refused = ["-x", "--upload-pack=x", "a..b", "a b", "@{-1}", "refs/heads/*", ":..", "a:b/../../c"];
	expect(refused.filter((fragment) => attempt(fragment) !== "refused")).toEqual([]);
});

function attempt(fragment: string): string {
	try {
		parseGitAddress(`https://host/x.git#${fragment}`);
		return "taken";
	} catch {
		return "refused";
	}
}
