import { describe, expect, test } from "bun:test";
import { canonicalReference, familiarReference, parseReference, withDefaultTag } from "./reference.ts";

const hex = "a".repeat(64);

describe("a reference has a short and a full form", () => {
	test.each([
		["busybox", "busybox", "docker.io/library/busybox"],
		["busybox:1.36", "busybox:1.36", "docker.io/library/busybox:1.36"],
		["docker.io/busybox", "busybox", "docker.io/library/busybox"],
		["index.docker.io/library/busybox", "busybox", "docker.io/library/busybox"],
		["me/tool", "me/tool", "docker.io/me/tool"],
		["library/a/b", "library/a/b", "docker.io/library/a/b"],
		["localhost/x", "localhost/x", "localhost/x"],
		["localhost:5000/a/b:t", "localhost:5000/a/b:t", "localhost:5000/a/b:t"],
		["Foo/bar", "Foo/bar", "Foo/bar"],
		["[::1]:5000/x", "[::1]:5000/x", "[::1]:5000/x"],
		["ghcr.io/a/b__c--d.e:V_1.2", "ghcr.io/a/b__c--d.e:V_1.2", "ghcr.io/a/b__c--d.e:V_1.2"],
		[`busybox@sha256:${hex}`, `busybox@sha256:${hex}`, `docker.io/library/busybox@sha256:${hex}`],
		[`a.b/c:d@sha256:${hex}`, `a.b/c:d@sha256:${hex}`, `a.b/c:d@sha256:${hex}`],
	])("%s", (text, familiar, canonical) => {
		const reference = parseReference(text);
		expect(familiarReference(reference)).toBe(familiar);
		expect(canonicalReference(reference)).toBe(canonical);
		expect(parseReference(canonical)).toEqual(reference);
	});
});

describe("what is no reference is refused with Docker's text", () => {
	test.each([
		["", "invalid reference format"],
		["Busybox", "invalid reference format: repository name (library/Busybox) must be lowercase"],
		["me/Tool:x", "invalid reference format: repository name (me/Tool) must be lowercase"],
		["-x", "invalid reference format"],
		["a//b", "invalid reference format"],
		["a:b:c", "invalid reference format"],
		["a:", "invalid reference format"],
		["a:.b", "invalid reference format"],
		["a@sha256:abc", "invalid reference format"],
		["a/../b", "invalid reference format"],
		["a b", "invalid reference format"],
		["a\n", "invalid reference format"],
		["https://a/b", "invalid reference format"],
		["ü", "invalid reference format"],
		[`a:${"t".repeat(129)}`, "invalid reference format"],
		[hex, `invalid repository name (${hex}), cannot specify 64-byte hexadecimal strings`],
		["a".repeat(256), "repository name must not be more than 255 characters"],
		["a".repeat(5000), "invalid reference format"],
		[`a@sha512:${hex}`, "unsupported digest algorithm: sha512"],
		[`a@sha256:${"a".repeat(40)}`, "invalid checksum digest length"],
	])("%p", (text, message) => {
		expect(() => parseReference(text)).toThrow(
			expect.objectContaining({ code: "invalid_argument", message }),
		);
	});
});

test("a name alone means its latest", () => {
	expect(withDefaultTag(parseReference("a")).tag).toBe("latest");
	expect(withDefaultTag(parseReference("a:b")).tag).toBe("b");
	expect(withDefaultTag(parseReference(`a@sha256:${hex}`)).tag).toBeUndefined();
});
