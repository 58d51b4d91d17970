import { EngineError } from "../../../lib/index.ts";
import { type GrantedDevice, readDevices } from "../../../runtime/index.ts";
import type { BuildRequest } from "../../contract.ts";
import type { RunOperation } from "../../graph/graph.ts";

/**
 * The host's devices that `RUN --device=/dev/…` asks for, where the user allowed them. One that is not `required` is
 * left out when it cannot be had, and `tell` says so. Errors: `forbidden`; `not_implemented` for names of CDI;
 * `invalid_argument` for what is no device.
 */
export function grantDevices(
	{ devices }: Pick<RunOperation, "devices">,
	{ allow }: Pick<BuildRequest, "allow">,
	tell: (text: string) => void,
): GrantedDevice[] {
	return devices.flatMap(({ name, required }) => {
		try {
			const isAllowed = allow?.has("device") === true || allow?.has(`device=${name}`) === true;
			if (!isAllowed)
				throw new EngineError(
					"forbidden",
					`device ${name} is not allowed: pass --allow device=${name} to allow it`,
				);
			return grant(name);
		} catch (error) {
			if (required || !(error instanceof EngineError)) throw error;
			tell(`RUN --device=${name}: left out: ${error.message}\n`);
			return [];
		}
	});
}

function grant(name: string): GrantedDevice[] {
	if (name.startsWith("/dev/")) return readDevices({ pathOnHost: name, pathInContainer: name, access: "" });
	throw new EngineError(
		"not_implemented",
		`RUN --device=${name}: devices of CDI are not supported, use /dev/…`,
	);
}
