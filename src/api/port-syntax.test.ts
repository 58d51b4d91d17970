import { describe, expect, test } from "bun:test";
import { parseExposedPorts, parsePortKey, parsePortSpec, parsePortSpecs } from "./port-syntax.ts";

describe("parsePortSpec", () => {
	const cases: [string, [string, string, string][]][] = [
		["80", [["80/tcp", "", ""]]],
		["8080:80", [["80/tcp", "", "8080"]]],
		["8080:80/UDP", [["80/udp", "", "8080"]]],
		["127.0.0.1:8080:80", [["80/tcp", "127.0.0.1", "8080"]]],
		["127.0.0.1::80", [["80/tcp", "127.0.0.1", ""]]],
		["[::1]:8080:80", [["80/tcp", "::1", "8080"]]],
		["::1:8080:80", [["80/tcp", "::1", "8080"]]],
		["8000-8010:80", [["80/tcp", "", "8000-8010"]]],
		[
			"8000-8001:80-81/sctp",
			[
				["80/sctp", "", "8000"],
				["81/sctp", "", "8001"],
			],
		],
		[
			"80-81",
			[
				["80/tcp", "", ""],
				["81/tcp", "", ""],
			],
		],
	];
	for (const [spec, expected] of cases) {
		test(spec, () => {
			expect(parsePortSpec(spec).map((m) => [m.port, m.hostIp, m.hostPort])).toEqual(
				expected as [string, string, string][],
			);
		});
	}

	const failures: [string, string][] = [
		["", "no port specified: <empty>"],
		["8080:", "no port specified: 8080:<empty>"],
		["80/http", "invalid proto: http"],
		["localhost:8080:80", "invalid IP address: localhost"],
		["fe80::1%eth0:1:80", "invalid IP address: fe80::1%eth0"],
		["8080:70000", "invalid containerPort: 70000"],
		["x:80", "invalid hostPort: x"],
		["90-80:80", "invalid hostPort: 90-80"],
		["8000-8001:80-82", "invalid ranges specified for container and host Ports: 80-82 and 8000-8001"],
	];
	for (const [spec, message] of failures) {
		test(`refuses ${spec}`, () => expect(() => parsePortSpec(spec)).toThrow(message));
	}
});

test("several specs for one port are several bindings", () => {
	expect(parsePortSpecs(["8080:80", "127.0.0.1:9090:80"])).toEqual({
		exposedPorts: { "80/tcp": {} },
		portBindings: {
			"80/tcp": [
				{ HostIp: "", HostPort: "8080" },
				{ HostIp: "127.0.0.1", HostPort: "9090" },
			],
		},
	});
});

test("exposed ports", () => {
	expect(parseExposedPorts("80-82/udp")).toEqual(["80/udp", "81/udp", "82/udp"]);
	expect(() => parseExposedPorts("x")).toThrow("invalid range format for --expose");
});

test("keys of port maps", () => {
	expect(parsePortKey("53/udp")).toEqual({ port: 53, protocol: "udp" });
	expect(parsePortKey("80")).toEqual({ port: 80, protocol: "tcp" });
	expect(() => parsePortKey("0/tcp")).toThrow('invalid port specification: "0/tcp"');
	expect(() => parsePortKey("80-81/tcp")).toThrow('invalid port specification: "80-81/tcp"');
});
