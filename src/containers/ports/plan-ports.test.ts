import { expect, test } from "bun:test";
import { planPorts } from "./plan-ports.ts";

const anywhere = { hostAddress: "", firstPort: 0, lastPort: 0 };

test("bindings, ranges and addresses", () => {
	const bindings = {
		"80/tcp": [{ HostIp: "127.0.0.1", HostPort: "8080" }, { HostPort: "" }],
		"53/udp": [{ HostIp: "::1", HostPort: "5000-5010" }],
		"99": [],
	};
	expect(planPorts({}, { PortBindings: bindings })).toEqual([
		{ protocol: "tcp", containerPort: 80, hostAddress: "127.0.0.1", firstPort: 8080, lastPort: 8080 },
		{ protocol: "tcp", containerPort: 80, ...anywhere },
		{ protocol: "udp", containerPort: 53, hostAddress: "::1", firstPort: 5000, lastPort: 5010 },
	]);
});

test("all that are exposed, those that are bound already as they are", () => {
	const config = { ExposedPorts: { "80/tcp": {}, "53/udp": {} } };
	const hostConfig = { PublishAllPorts: true, PortBindings: { "80/tcp": [{ HostPort: "8080" }] } };
	expect(planPorts(config, hostConfig)).toEqual([
		{ protocol: "tcp", containerPort: 80, hostAddress: "", firstPort: 8080, lastPort: 8080 },
		{ protocol: "udp", containerPort: 53, ...anywhere },
	]);
	expect(planPorts(config, {})).toEqual([]);
});

test.each(["0-10", "10-5", "-1", "65536", "80,81", " 80"])("host port %j is refused", (HostPort) => {
	expect(() => planPorts({}, { PortBindings: { "80/tcp": [{ HostPort }] } })).toThrow(
		"invalid port specification",
	);
});
