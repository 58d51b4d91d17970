import type { HostConfig } from "../../api/index.ts";
import { parseMemoryBytes } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";

/**
 * Bytes of what a container may write: `--storage-opt size=…`; `undefined` when it does not say. `invalid_argument` for another
 * option, naming it, and for what is no size. What sizes there can be is the store's to say.
 */
export function storageBytes({ StorageOpt: options = {} }: HostConfig): number | undefined {
	for (const name of Object.keys(options))
		if (name !== "size")
			throw new EngineError("invalid_argument", `HostConfig.StorageOpt: ${name}: the only option is size`);
	const { size } = options;
	if (size === undefined) return undefined;
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
