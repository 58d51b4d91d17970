import type { HostConfig } from "../../api/index.ts";
import { parseMemoryBytes } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";

/**
 * Bytes of a machine's own disk: `--storage-opt size=…`, else the engine's default. `invalid_argument` for another
 * option, naming it, and for what is no size. What sizes a disk can have is the store's to say.
 */
export function machineDiskBytes({ StorageOpt: options = {} }: HostConfig, defaultBytes: number): number {
	for (const name of Object.keys(options))
		if (name !== "size")
			throw new EngineError("invalid_argument", `HostConfig.StorageOpt: ${name}: the only option is size`);
	const { size } = options;
	if (size === undefined) return defaultBytes;
	try {
		return parseMemoryBytes(size);
	} catch (cause) {
		throw new EngineError(
			"invalid_argument",
			`HostConfig.StorageOpt: size ${size}: must be a size, like 20g`,
			{ cause },
		);
	}
}
