import { expect, test } from "bun:test";
import { refuseForMachine } from "./machine-refusals.ts";

for (const [field, value] of [
	["NetworkMode", "host"],
	["NetworkMode", "container:web"],
	["PidMode", "host"],
	["IpcMode", "container:web"],
	["UTSMode", "host"],
	["Devices", [{ PathOnHost: "/dev/null" }]],
	["DeviceCgroupRules", ["c 1:3 rwm"]],
	["Runtime", "runc"],
	["CgroupParent", "/elsewhere"],
] as const) {
	test(`a machine cannot have ${field} ${JSON.stringify(value)}`, () => {
		expect(() => refuseForMachine({ [field]: value })).toThrow(
			`HostConfig.${field}: isolation vm cannot have`,
		);
	});
}

test("what clients send for nothing is nothing", () => {
	refuseForMachine({
		NetworkMode: "bridge",
		PidMode: "",
		IpcMode: "private",
		Devices: [],
		Runtime: "",
		CgroupParent: "",
	});
});
