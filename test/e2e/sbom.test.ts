import { afterAll, beforeAll, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dockerArchive } from "../support/busybox-image.ts";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { dockerProgram } from "../support/docker-cli.ts";
import { hullCli } from "../support/hull-cli.ts";
import { buildTar, type TarEntry } from "../support/tar-builder.ts";

let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon({ image: false });
});
afterAll(async () => hull[Symbol.asyncDispose]());

async function load(tag: string, entries: readonly TarEntry[]): Promise<void> {
	await hull.ok(["load", "-q"], { input: dockerArchive({ tag, layer: buildTar(entries) }) });
}

interface Listed {
	readonly Type: string;
	readonly Name: string;
	readonly Version: string;
	readonly PackageURL: string;
}

async function packages(tag: string): Promise<Listed[]> {
	return (await hull.api("GET", `/hull/images/${tag}/sbom`)).json.Packages;
}

const debianStatus = `Package: bash
Status: install ok installed
Maintainer: Matthias Klose <doko@debian.org>
Architecture: amd64
Version: 5.2.15-2+b7
Source: bash (5.2.15-2)
Description: GNU Bourne Again SHell
 Bash is a shell.

Package: removed
Status: deinstall ok config-files
Architecture: amd64
Version: 1.0
`;

const alpineInstalled = `C:Q1abc=
P:musl
V:1.2.4-r2
A:x86_64
L:MIT
o:musl
m:Timo Teräs <timo.teras@iki.fi>

P:busybox
V:1.36.1-r5
A:x86_64
L:GPL-2.0-only
`;

const everything: readonly TarEntry[] = [
	{
		name: "usr/lib/os-release",
		data: 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
	},
	{ name: "etc/os-release", type: "symlink", linkName: "../usr/lib/os-release" },
	{ name: "var/lib/dpkg/status", data: debianStatus },
	{ name: "var/lib/dpkg/status.d/tzdata", data: "Package: tzdata\nVersion: 2024a\nArchitecture: all\n" },
	{ name: "lib/apk/db/installed", data: alpineInstalled },
	{
		name: "app/node_modules/left-pad/package.json",
		data: '{"name":"left-pad","version":"1.3.0","license":"WTFPL"}',
	},
	{
		name: "app/node_modules/@scope/tool/package.json",
		data: '{"name":"@scope/tool","version":"2.0.0","author":{"name":"Me"}}',
	},
	{ name: "app/package.json", data: '{"name":"the-app","version":"9.9.9"}' },
	{ name: "app/node_modules/broken/package.json", data: "{" },
	{
		name: "usr/lib/python3/dist-packages/Some_Thing-3.1.dist-info/METADATA",
		data: "Metadata-Version: 2.1\nName: Some_Thing\nVersion: 3.1\nLicense: BSD\n\nVersion: no\n",
	},
	{ name: "usr/lib/python3/dist-packages/old.egg-info", data: "Name: old\nVersion: 0.1\n" },
];

test("packages of Debian, Alpine, npm and Python", async () => {
	await load("everything:1", everything);
	const found = await packages("everything:1");
	expect(found.map(({ PackageURL }) => PackageURL)).toEqual([
		"pkg:apk/alpine/busybox@1.36.1-r5?arch=x86_64",
		"pkg:apk/alpine/musl@1.2.4-r2?arch=x86_64",
		"pkg:deb/debian/bash@5.2.15-2%2Bb7?arch=amd64&distro=debian-12",
		"pkg:deb/debian/tzdata@2024a?arch=all&distro=debian-12",
		"pkg:npm/%40scope/tool@2.0.0",
		"pkg:npm/left-pad@1.3.0",
		"pkg:pypi/some-thing@3.1",
		"pkg:pypi/old@0.1",
	]);
	const { stdout, code } = await hullCli(hull.socket, ["image", "sbom", "everything:1"]);
	expect(code).toBe(0);
	expect(stdout).toMatch(/deb +bash +5\.2\.15-2\+b7/);
	const template = await hullCli(hull.socket, ["image", "sbom", "--format", "{{.Name}}", "everything:1"]);
	expect(template.stdout.split("\n")).toContain("left-pad");
});

test("a document of SPDX 2.3", async () => {
	const { stdout } = await hullCli(hull.socket, ["image", "sbom", "--format", "spdx-json", "everything:1"]);
	const document = JSON.parse(stdout);
	expect(document).toMatchObject({
		spdxVersion: "SPDX-2.3",
		dataLicense: "CC0-1.0",
		SPDXID: "SPDXRef-DOCUMENT",
	});
	expect(document.documentNamespace).toMatch(/^urn:uuid:[0-9a-f-]{36}$/);
	expect(document.creationInfo.created).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
	const ids = document.packages.map(({ SPDXID }: { SPDXID: string }) => SPDXID);
	expect(new Set(ids).size).toBe(9);
	for (const id of ids) expect(id).toMatch(/^SPDXRef-[A-Za-z0-9.-]+$/);
	const related = document.relationships.map(
		({ relatedSpdxElement }: { relatedSpdxElement: string }) => relatedSpdxElement,
	);
	expect(related.sort()).toEqual(ids.sort());
});

test("a document of CycloneDX 1.5", async () => {
	const { stdout } = await hullCli(hull.socket, [
		"image",
		"sbom",
		"--format",
		"cyclonedx-json",
		"everything:1",
	]);
	const document = JSON.parse(stdout);
	expect(document).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.5", version: 1 });
	expect(document.metadata.component).toMatchObject({ type: "container", name: "everything:1" });
	const refs = document.components.map((component: { "bom-ref": string }) => component["bom-ref"]);
	expect(new Set(refs).size).toBe(9);
	expect(document.components).toContainEqual(expect.objectContaining({ group: "@scope", name: "tool" }));
});

test("modules of a program that Go linked", async () => {
	const modules =
		"path\tx.org/app\nmod\tx.org/app\tv1.2.3\th1:a=\ndep\ty.org/lib\tv0.1.0\th1:b=\n" +
		"dep\tz.org/old\tv1.0.0\n=>\tz.org/new\tv2.0.0\th1:c=\nbuild\tGOOS=linux\n";
	await load("go:1", [
		{ name: "app", data: goProgram("go1.22.1", modules), mode: 0o755 },
		{ name: "not-executable", data: goProgram("go1.22.2", modules) },
	]);
	const found = await packages("go:1");
	expect(found.map(({ PackageURL }) => PackageURL)).toEqual([
		"pkg:golang/stdlib@1.22.1",
		"pkg:golang/x.org/app@v1.2.3",
		"pkg:golang/y.org/lib@v0.1.0",
		"pkg:golang/z.org/new@v2.0.0",
	]);
});

test("a real program of Go", async () => {
	const program = execFileSync("sh", ["-c", `command -v ${dockerProgram}`], { encoding: "utf8" }).trim();
	const layer = buildTar([{ name: "docker", data: readFileSync(program), mode: 0o755 }]);
	await hull.ok(["load", "-q"], { input: dockerArchive({ tag: "docker:1", layer }) });
	const [stdlib] = await packages("docker:1");
	expect(stdlib).toMatchObject({ Name: "stdlib", Version: expect.stringMatching(/^1\.\d+/) });
});

/** An ELF file with a `.go.buildinfo` as the linker of Go lays it out: two texts, each after its length. */
function goProgram(version: string, modules: string): Buffer {
	const text = (value: string) => {
		const bytes = Buffer.from(value);
		return Buffer.concat([Buffer.from([(bytes.length & 0x7f) | 0x80, bytes.length >> 7]), bytes]);
	};
	const mark = "m".repeat(16);
	const head = Buffer.alloc(32);
	head.write("\xff Go buildinf:\x08\x02", "latin1");
	const info = Buffer.concat([head, text(version), text(mark + modules + mark)]);
	const names = Buffer.from("\0.shstrtab\0.go.buildinfo\0");
	const header = Buffer.alloc(64);
	header.write("\x7fELF\x02\x01\x01", "latin1");
	const table = 64 + info.length + names.length;
	header.writeBigUInt64LE(BigInt(table), 0x28);
	header.writeUInt16LE(64, 0x3a);
	header.writeUInt16LE(3, 0x3c);
	header.writeUInt16LE(1, 0x3e);
	const section = (name: number, offset: number, length: number) => {
		const entry = Buffer.alloc(64);
		entry.writeUInt32LE(name, 0);
		entry.writeBigUInt64LE(BigInt(offset), 0x18);
		entry.writeBigUInt64LE(BigInt(length), 0x20);
		return entry;
	};
	return Buffer.concat([
		...[header, info, names, section(0, 0, 0)],
		section(1, 64 + info.length, names.length),
		section(11, 64, info.length),
		Buffer.alloc(70_000),
	]);
}

test("an image without packages has none, and one that is not here is not found", async () => {
	await load("empty:1", [{ name: "file", data: "x" }]);
	expect(await packages("empty:1")).toEqual([]);
	for (const format of ["spdx-json", "cyclonedx-json"])
		expect((await hull.api("GET", `/hull/images/empty:1/sbom?format=${format}`)).status).toBe(200);
	expect((await hull.api("GET", "/hull/images/nothing:1/sbom")).status).toBe(404);
	expect((await hull.api("GET", "/hull/images/empty:1/sbom?format=pdf")).status).toBe(400);
	expect((await hull.api("GET", "/hull/images/empty:1/sbom?format=constructor")).status).toBe(400);
});

test("databases that were made to harm do not", async () => {
	await load("hostile:1", [
		{ name: "var/lib/dpkg/status", type: "fifo" },
		{ name: "lib/apk/db/installed", type: "symlink", linkName: "/proc/1/environ" },
		{ name: "etc/os-release", type: "symlink", linkName: "../../../../../../etc/os-release" },
		{ name: "a/node_modules/x/package.json", type: "fifo" },
		{ name: "a/node_modules/link/package.json", type: "symlink", linkName: "/etc/passwd" },
		{
			name: "a/node_modules/escape/package.json",
			data: JSON.stringify({ name: "a\u001b[2J\nb", version: "1\u0000" }),
		},
		{
			name: "a/node_modules/long/package.json",
			data: JSON.stringify({ name: "n".repeat(9999), version: "1" }),
		},
		{ name: "a/node_modules/deep/package.json", data: "[".repeat(100_000) },
		{ name: "elf", data: Buffer.concat([elfHeader(), Buffer.alloc(70_000, 0xff)]), mode: 0o755 },
	]);
	const found = await packages("hostile:1");
	expect(found.map(({ Name }) => Name.slice(0, 10))).toEqual(["a\ufffd[2J\ufffdb", "nnnnnnnnnn"]);
	expect(found[1]!.Name).toHaveLength(512);
	const { stdout } = await hullCli(hull.socket, ["image", "sbom", "hostile:1"]);
	expect(stdout).not.toContain("\u001b");
});

/** An ELF header whose numbers all lead outside of the file. */
function elfHeader(): Buffer {
	const header = Buffer.alloc(64, 0xff);
	header.write("\x7fELF\x02\x01", "latin1");
	header.writeUInt16LE(64, 0x3a);
	return header;
}
