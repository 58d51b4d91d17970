import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ArchiveRoot } from "../../../src/archive/index.ts";
import type { BuildContext } from "../../../src/builder/contract.ts";
import { type Dockerd, startDockerd } from "../../support/dockerd.ts";
import { chunksOf, copyInto, listTar, openCopyWorkshop, tarOf } from "./workshop.ts";

const context = `
	echo one > a.txt; echo two > b.txt; echo text > read.me; : > empty
	mkdir -p dir/sub/deep dir/none hidden/.git 'with space'
	echo x > dir/x; echo y > dir/sub/y; echo z > dir/sub/deep/z; echo s > 'with space/s p'
	echo keep > hidden/keep; echo no > hidden/.git/config; echo ign > ignored.log
	chmod 755 dir/x; chmod 700 dir/sub; chmod 1777 dir/none; chmod 600 b.txt
	ln -s a.txt link; ln -s dir dirlink; ln -s nowhere dangling; ln -s /etc/passwd absolute
	ln -s ../../../etc/hostname climbing; ln -s sub/y dir/inner; ln -s x dir/xlink
	ln dir/x dir/hard; mkfifo dir/pipe; echo w > '[w]'; echo u > ümlaut
	tar -czf arch.tar.gz -C dir sub; tar -cf arch.tar --owner=7 --group=8 -C dir sub x
	tar -cjf arch.bz2 -C dir sub; tar -cJf arch.xz -C dir sub; echo plain | gzip > plain.gz
	printf '*.log\\n.dockerignore\\n' > .dockerignore
	find . -exec touch -h -d @1500000000 {} +`;

const base = `
	mkdir -p etc dir/sub target home/u; echo 'root:x:0:0::/:' > etc/passwd
	printf 'me:x:123:456::/:\\nlone:x:77:88::/:\\n' >> etc/passwd
	printf 'root:x:0:\\nme:x:9:\\nus:x:55:\\n' > etc/group
	echo old > dir/old; echo old > dir/x; echo old > file; chmod 640 file; chown 5:6 dir dir/x; chmod 711 dir
	ln -s dir rel; ln -s /dir abs; ln -s ../../../dir climb; ln -s file filelink; ln -s nowhere dangling
	ln -s /newdir tonew; mkdir target/a.txt target/dir; ln -s ../dir target/sub; ln -s loop loop
	ln -s /etc home/u/etc
	find . -exec touch -h -d @1400000000 {} +`;

const instructions = [
	"COPY a.txt /",
	"COPY a.txt /new",
	"COPY a.txt /new/",
	"COPY a.txt /deep/er/new",
	"COPY a.txt b.txt /new/",
	"COPY a.txt /file",
	"COPY a.txt /file/",
	"COPY a.txt /dir",
	"COPY a.txt /rel",
	"COPY a.txt /abs/",
	"COPY a.txt /climb/n",
	"COPY a.txt /filelink",
	"COPY a.txt /dangling",
	"COPY a.txt /tonew/f",
	"COPY a.txt /home/u/etc/f",
	"COPY a.txt /home/u/etc/../f",
	"COPY a.txt /target/",
	"COPY a.txt /dir/sub/../../x",
	"COPY . /all/",
	"COPY dir /dir",
	"COPY dir/ /new",
	"COPY dir /file",
	"COPY dir /rel",
	"COPY dir/sub /a/b/c/",
	"COPY dir a.txt /new/",
	"COPY dir /target",
	"COPY *.txt /new/",
	"COPY *.txt /new",
	"COPY d* /new/",
	"COPY dir/*/y /new/",
	"COPY ?.txt /new/",
	"COPY [a-b].txt /new/",
	"COPY nothing* /new/",
	"COPY nothing /new/",
	"COPY nothing* a.txt /new/",
	"COPY ignored.log /new/",
	"COPY link /new",
	"COPY link /new/",
	"COPY dirlink /new",
	"COPY dirlink/x /new",
	"COPY li* /new/",
	"COPY dangling /new/",
	"COPY climbing /new/",
	'COPY ["with space", "/new dir/"]',
	"COPY --chown=me a.txt /new/er/",
	"COPY --chown=lone:us a.txt /new",
	"COPY --chown=12 dir /new/er",
	"COPY --chown=12:34 dir /dir",
	"COPY --chown=nobody a.txt /new",
	"COPY --chown=0:nogroup a.txt /new",
	"COPY empty /new",
	"COPY ümlaut /ñew",
	"COPY [[]w] /new/",
	"ADD arch.tar /new",
	"ADD arch.tar.gz /new/",
	"ADD arch.bz2 /dir",
	"ADD arch.xz /rel",
	"ADD plain.gz /new/",
	"ADD a.txt /new/",
	"ADD dir /new/",
	"ADD arch.tar a.txt /new/",
	"ADD nothing /new/",
	"COPY arch.tar /new/",
];

const workshop = openCopyWorkshop();
let dockerd: Dockerd;
let source: BuildContext;

beforeAll(async () => {
	workshop.run(context, "context");
	workshop.run(base, "base");
	dockerd = await startDockerd();
	const input = tarOf(join(workshop.path, "base"));
	await dockerd.ok(["import", "-", "base"], { input });
	source = await workshop.upload("context");
}, 60_000);

afterAll(async () => {
	await source?.[Symbol.asyncDispose]();
	await dockerd?.[Symbol.asyncDispose]();
	workshop[Symbol.dispose]();
});

/** Put there by Docker for every container. */
const ofContainers = /^(?:\.dockerenv|(?:dev|proc|sys)(?:\/.*)?|etc\/(?:hostname|hosts|resolv\.conf|mtab))$/;

async function withDocker(instruction: string): Promise<string[] | string> {
	const folder = join(workshop.path, "context");
	const dockerfile = join(workshop.path, "Dockerfile");
	writeFileSync(dockerfile, `FROM base\n${instruction}\n`);
	const args = ["build", "-q", "--no-cache", "-f", dockerfile, folder];
	const built = await dockerd.docker(args, { env: { DOCKER_BUILDKIT: "0" } });
	if (built.code !== 0) return built.stderr;
	const id = (await dockerd.ok(["create", built.stdout.trim(), "x"])).trim();
	await dockerd.ok(["export", "-o", join(workshop.path, "tree.tar"), id]);
	await dockerd.ok(["rm", id]);
	const tar = readFileSync(join(workshop.path, "tree.tar"));
	return await listTar(chunksOf(tar), (name) => ofContainers.test(name));
}

async function withHull(instruction: string): Promise<string[] | string> {
	workshop.run("rm -rf upper work && mkdir upper work");
	const [lower, upper, work] = ["base", "upper", "work"].map((name) => join(workshop.path, name));
	const options = [`lowerdir=${lower}`, `upperdir=${upper}`, `workdir=${work}`];
	const root: ArchiveRoot = { kind: "mounts", mounts: [{ type: "overlay", source: "overlay", options }] };
	try {
		await copyInto(workshop, { source, instruction, root });
	} catch (error) {
		return (error as Error).message;
	}
	return await listTar(workshop.archive.exportTree(root), (name) => ofContainers.test(name));
}

/** Docker names a file of its own store where a folder cannot be made. */
function wordsOf(error: string): string {
	return /not a directory\s*$|non-directory/.test(error) ? "not a directory" : error.trim();
}

describe("COPY and ADD do what Docker's own builder does", () => {
	test.each(instructions)("%s", async (instruction) => {
		const [docker, hull] = [await withDocker(instruction), await withHull(instruction)];
		if (typeof docker === "string") {
			expect(wordsOf(docker)).toEndWith(wordsOf(hull as string));
		} else expect(hull).toEqual(docker);
	});
});
