import { expect, test } from "bun:test";
import { createRandom, expectSound, mutate, seed } from "../../../../test/support/random-text.ts";
import { EngineError } from "../../../lib/index.ts";
import type { SoftwarePackage } from "../../contract.ts";
import { alpinePackages } from "./apk.ts";
import { debianPackages } from "./dpkg.ts";
import { goModules } from "./go.ts";
import { npmPackage } from "./npm.ts";
import { pythonPackage } from "./python.ts";
import type { TreeFile } from "./tree-files.ts";

const rounds = 2_000;
const fields: readonly string[] = [
	...["type", "name", "version", "location"],
	...["architecture", "source", "license", "supplier"],
];

function check(packages: Iterable<SoftwarePackage>): void {
	for (const one of packages) {
		for (const [key, value] of Object.entries(one)) {
			expect(fields).toContain(key);
			expect(typeof value).toBe("string");
		}
		expect(one.name).not.toBe("");
	}
}

function file(location: string, content: Buffer): TreeFile {
	return {
		location,
		parts: location.split("/").slice(1),
		sizeBytes: content.length,
		isExecutable: true,
		text: () => content.toString(),
		bytes(offset, length) {
			if (!Number.isSafeInteger(offset) || offset < 0) throw new EngineError("corrupt", "bad offset");
			return Buffer.from(content.subarray(offset, offset + length));
		},
	};
}

const debian = [
	"Package: bash\nStatus: install ok installed\nVersion: 5.2\nSource: bash (5)\n\nPackage: x\nVersion: 1\n",
];
const alpine = ["P:musl\nV:1.2.4-r2\nA:x86_64\nL:MIT\n\nP:busybox\nV:1\n"];
const manifests = [
	'{"name":"a","version":"1","license":{"type":"MIT"},"author":"me"}',
	'{"name":["a"],"version":1}',
];
const metadata = ["Metadata-Version: 2.1\nName: a\nVersion: 1\nLicense: MIT\n\nText\n"];

test("whatever a package database says, it gives packages or an error", () => {
	const random = createRandom(seed);
	for (let round = 0; round < rounds; round++) {
		expectSound((text) => check(debianPackages(text, "/status")), mutate(random, debian));
		expectSound((text) => check(alpinePackages(text, "/installed")), mutate(random, alpine));
		expectSound(
			(text) => check(pythonPackage(file("/a.dist-info/METADATA", Buffer.from(text)))),
			mutate(random, metadata),
		);
		expectSound(
			(text) => {
				try {
					check(npmPackage(file("/node_modules/a/package.json", Buffer.from(text))));
				} catch (error) {
					if (!(error instanceof SyntaxError)) throw error;
				}
			},
			mutate(random, manifests),
		);
	}
});

test("whatever numbers an executable has, it gives modules or none", () => {
	const random = createRandom(seed);
	const sound = Buffer.alloc(70_000);
	sound.write("\x7fELF\x02\x01\x01", "latin1");
	sound.writeBigUInt64LE(1024n, 0x28);
	sound.writeUInt16LE(64, 0x3a);
	sound.writeUInt16LE(3, 0x3c);
	sound.writeUInt16LE(1, 0x3e);
	sound.write("\0.go.buildinfo\0", 512, "latin1");
	for (const [entry, offset] of [
		[1, 512],
		[2, 2048],
	] as const) {
		sound.writeUInt32LE(entry === 1 ? 0 : 1, 1024 + entry * 64);
		sound.writeBigUInt64LE(BigInt(offset), 1024 + entry * 64 + 0x18);
		sound.writeBigUInt64LE(512n, 1024 + entry * 64 + 0x20);
	}
	sound.write("\xff Go buildinf:\x08\x02", 2048, "latin1");
	sound.write("\x08go1.22.1\x40mmmmmmmmmmmmmmmmmod\tx\tv1\n", 2048 + 32, "latin1");
	expect([...goModules(file("/app", sound))].map(({ name }) => name)).toEqual(["stdlib", "x"]);
	const telling = [
		0, 4, 5, 0x28, 0x3a, 0x3c, 0x3e, 1088, 1112, 1120, 1152, 1176, 1184, 2048, 2063, 2080, 2089,
	];
	for (let round = 0; round < rounds; round++) {
		const bytes = Buffer.from(sound);
		for (let change = 0; change < 1 + random() * 4; change++) {
			const at = telling[Math.floor(random() * telling.length)]! + Math.floor(random() * 8);
			bytes[at] = Math.floor(random() * 256);
		}
		expectSound(() => check(goModules(file("/app", bytes))), bytes.subarray(0, 64).toString("hex"));
	}
});
