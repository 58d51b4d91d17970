import { expect, test } from "bun:test";
import type { ContainerRecord } from "../record/record.ts";
import { linkEnvironment } from "./link-environment.ts";

test("a link shows the other's name, ports and variables as Docker does", () => {
	const record = { config: { ExposedPorts: { "6379/tcp": {}, "53/udp": {} }, Env: ["A=b=c", "PATH=/x"] } };
	const linked = {
		alias: "my-db",
		address: "172.17.0.2",
		names: [],
		record: record as unknown as ContainerRecord,
	};
	expect(linkEnvironment({ name: "web" }, [linked])).toEqual([
		"MY_DB_NAME=/web/my-db",
		"MY_DB_PORT=udp://172.17.0.2:53",
		"MY_DB_PORT_53_UDP=udp://172.17.0.2:53",
		"MY_DB_PORT_53_UDP_ADDR=172.17.0.2",
		"MY_DB_PORT_53_UDP_PORT=53",
		"MY_DB_PORT_53_UDP_PROTO=udp",
		"MY_DB_PORT_6379_TCP=tcp://172.17.0.2:6379",
		"MY_DB_PORT_6379_TCP_ADDR=172.17.0.2",
		"MY_DB_PORT_6379_TCP_PORT=6379",
		"MY_DB_PORT_6379_TCP_PROTO=tcp",
		"MY_DB_ENV_A=b=c",
	]);
});
