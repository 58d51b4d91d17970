import { expect, test } from "bun:test";
import { OciRuntimes } from "./oci-runtimes.ts";

test("an absolute path is a runtime, with a state folder of its own", () => {
	expect(new OciRuntimes("/run/x", {}).choose("/bin/true")).toEqual({
		name: "/bin/true",
		path: "/bin/true",
		root: "/run/x/true",
	});
});

test("a configured name stands for its path", () => {
	expect(new OciRuntimes("/run/x", { runtimes: { quick: "/bin/true" } }).choose("quick").path).toBe(
		"/bin/true",
	);
});

test("anything else is refused in Docker's words, also what is on PATH", () => {
	const runtimes = new OciRuntimes("/run/x", {});
	for (const name of ["foo", "sh", "", "../crun", "/no/such/runtime", "/etc"])
		expect(() => runtimes.choose(name)).toThrow(`unknown or invalid runtime name: ${name}`);
});

test("the default is what the daemon was told", () => {
	const runtimes = new OciRuntimes("/run/x", { runtimes: { mine: "/bin/true" }, defaultRuntime: "mine" });
	expect(runtimes.choose(undefined).path).toBe("/bin/true");
});
