import { EngineError } from "../../lib/index.ts";
import { readDevices } from "../spec/host-devices.ts";
import type { GrantedDevice } from "../spec/input.ts";
import type { CdiDeviceNode } from "./contract.ts";

/**
 * The device of a node. Numbers that the file gives are taken as they are; else the host's device says them. Errors:
 * `invalid_argument` when it is not there, or a folder.
 */
export function grantNode(node: CdiDeviceNode): GrantedDevice {
	const { path, hostPath, type, major, minor, fileMode, uid, gid, access } = node;
	const said = {
		...(fileMode === undefined ? {} : { fileMode }),
		...(uid === undefined ? {} : { uid }),
		...(gid === undefined ? {} : { gid }),
	};
	if (type !== undefined && major !== undefined && minor !== undefined)
		return { device: { type, path, major, minor, ...said }, access };
	const [found, ...more] = readDevices({ pathOnHost: hostPath, pathInContainer: path, access });
	if (found === undefined || more.length > 0 || found.device.path !== path)
		throw new EngineError(
			"invalid_argument",
			`CDI device injection failed: ${hostPath}: is a folder, not a device`,
		);
	return { device: { ...found.device, ...said }, access };
}
