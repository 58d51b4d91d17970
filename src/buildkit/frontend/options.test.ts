import { expect, test } from "bun:test";
import { listOf, readFrontendOptions } from "./options.ts";

const read = (options: Record<string, string>) => readFrontendOptions(new Map(Object.entries(options)));

test("options of buildx become those of a build", () => {
	const options = read({
		filename: "Dockerfile.dev",
		target: "app",
		"build-arg:VERSION": "1",
		"label:a.b": "c",
		"context:base": "docker-image://busybox",
		"no-cache": "",
		"image-resolve-mode": "pull",
		platform: "linux/amd64,linux/arm64",
		"add-hosts": "one=10.0.0.1,six=fd00::1",
		"shm-size": "67108864",
		ulimit: "nofile=10:20,core=5",
		"force-network-mode": "host",
		"cache-imports": JSON.stringify([{ Type: "registry", Attrs: { ref: "r/c" } }]),
	});
	expect(options).toMatchObject({
		filename: "Dockerfile.dev",
		target: "app",
		buildArgs: new Map([["VERSION", "1"]]),
		labels: { "a.b": "c" },
		namedContexts: new Map([["base", "docker-image://busybox"]]),
		noCache: true,
		pull: true,
		extraHosts: ["one:10.0.0.1", "six:fd00::1"],
		shmSizeBytes: 67108864,
		ulimits: [
			{ name: "nofile", soft: 10, hard: 20 },
			{ name: "core", soft: 5, hard: 5 },
		],
		network: "host",
		cacheImports: [{ type: "registry", attrs: new Map([["ref", "r/c"]]) }],
	});
	expect(options.platforms.map(({ architecture }) => architecture)).toEqual(["amd64", "arm64"]);
});

test("provenance that buildx adds by itself is known from what a user asks for", () => {
	expect(read({ "attest:provenance": "mode=min,inline-only=true" }).provenance).toMatchObject({
		mode: "min",
		isUnasked: true,
	});
	expect(read({ "attest:provenance": "", "vcs:revision": "abc" }).provenance).toMatchObject({
		...{ mode: "max", isUnasked: false },
		vcs: { revision: "abc" },
	});
	expect(read({ "attest:provenance": "disabled=true" }).provenance).toBeUndefined();
	expect(read({ "attest:sbom": "disabled=true" }).sbom).toBe(false);
});

test.each([
	["hostname", "x", "the build option hostname is not supported"],
	["ulimit", "nofile", 'invalid ulimit: "nofile"'],
	["add-hosts", "x", 'invalid add-hosts: "x"'],
	["cache-imports", "{", 'invalid cache-imports: "{"'],
	["force-network-mode", "own", 'invalid network: "own"'],
	["shm-size", "-1", 'invalid shm-size: "-1"'],
	["attest:sbom", "generator=x", "sbom with generator=x is not supported"],
])("%s=%s is refused", (name, value, text) => {
	expect(() => read({ [name]: value })).toThrow(text);
});

test("lists have quotes as CSV has them", () => {
	expect(listOf('a,"b,c",d')).toEqual(["a", "b,c", "d"]);
	expect(listOf("")).toEqual([]);
});
