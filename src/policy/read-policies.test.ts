import { expect, test } from "bun:test";
import { parseReference } from "../oci/index.ts";
import { imagePattern, matchesImage } from "./patterns.ts";
import { parsePolicies } from "./read-policies.ts";

const read = (socket: object) => parsePolicies(JSON.stringify({ sockets: [socket] }), "f")[0]!;

test("a role is changed by a socket's own rules", () => {
	const policy = read({
		path: "/run/hull/sockets/ci//docker.sock",
		name: "ci",
		role: "developer",
		allow: ["HullHost"],
		deny: ["@builds"],
		binds: ["/srv/ci/", { source: "/srv/data", readOnly: true }],
		limits: { memory: "1g", cpus: 1.5, pids: 100, containers: 5 },
	});
	expect(policy.path).toBe("/run/hull/sockets/ci/docker.sock");
	expect(policy.mode).toBe(0o660);
	expect(policy.operations.has("HullHost")).toBe(true);
	expect(policy.operations.has("Grpc")).toBe(false);
	expect(policy.rules.binds).toEqual([
		{ source: "/srv/ci", readOnly: false },
		{ source: "/srv/data", readOnly: true },
	]);
	expect(policy.rules.limits).toEqual({
		memoryBytes: 2 ** 30,
		cpuNanos: 1.5e9,
		pids: 100,
		containers: 5,
	});
});

test("without a role nothing is allowed", () => {
	expect(read({ path: "/a.sock" }).operations.size).toBe(0);
});

test.each([
	[{}, "path"],
	[{ path: "a.sock" }, "absolute path"],
	[{ path: "/a.sock", role: "admin" }, "role"],
	[{ path: "/a.sock", role: "constructor" }, "role"],
	[{ path: "/a.sock", allow: ["ContainerCraete"] }, "ContainerCraete"],
	[{ path: "/a.sock", role: "developer", allow: ["ImagePrune"] }, "ImagePrune"],
	[{ path: "/a.sock", mode: "rw" }, "mode"],
	[{ path: "/a.sock", bind: [] }, "bind"],
	[{ path: "/a.sock", binds: ["srv"] }, "absolute path"],
	[{ path: "/a.sock", capabilities: ["all"] }, "capabilities"],
	[{ path: "/a.sock", ports: { from: 0 } }, "ports"],
	[{ path: "/a.sock", limits: { memory: "0" } }, "memory"],
	[{ path: "/a.sock", images: ["a b"] }, "pattern"],
])("%j is refused", (socket, named) => {
	expect(() => read(socket)).toThrow(named);
});

test("two sockets have two names and paths", () => {
	const text = JSON.stringify({ sockets: [{ path: "/a.sock" }, { path: "/b/a.sock" }] });
	expect(() => parsePolicies(text, "f")).toThrow("two have the name a");
});

test("patterns of images are read as image names are", () => {
	const matches = (pattern: string, name: string) =>
		matchesImage([imagePattern(pattern)], parseReference(name));
	expect(matches("alpine", "alpine:3")).toBe(true);
	expect(matches("alpine", "team/alpine")).toBe(false);
	expect(matches("alpine", "evil.example/library/alpine")).toBe(false);
	expect(matches("team/*", "docker.io/team/app")).toBe(true);
	expect(matches("team/*", "team/app/deep")).toBe(false);
	expect(matches("r.example:5000/**", "r.example:5000/a/b@sha256:".padEnd(90, "0"))).toBe(true);
	expect(matches("app:v*", "app:v1")).toBe(true);
	expect(matches("app:v*", "app:latest")).toBe(false);
	expect(matches("app:v*", "app")).toBe(false);
	expect(matches("r.example/a", "r-example/a")).toBe(false);
});
