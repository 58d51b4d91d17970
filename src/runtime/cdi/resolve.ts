import { EngineError } from "../../lib/index.ts";
import type { CdiDevices, CdiEdits, CdiSpec } from "./contract.ts";

/**
 * The edits of devices by their qualified names, in order: a file's own before its first device's. Errors:
 * `invalid_argument` with Docker's text for names that there are not, and why files were left out.
 */
export function resolveCdiDevices(names: readonly string[], { devices, problems }: CdiDevices): CdiEdits {
	const missing = names.filter((name) => !devices.has(name));
	if (missing.length > 0) {
		const reasons = problems.length > 0 ? ` (${problems.join("; ")})` : "";
		throw new EngineError(
			"invalid_argument",
			`CDI device injection failed: unresolvable CDI devices ${missing.join(", ")}${reasons}`,
		);
	}
	const seen = new Set<CdiSpec>();
	const edits = [...new Set(names)].flatMap((name) => {
		const { spec, edits: own } = devices.get(name)!;
		const first = !seen.has(spec);
		seen.add(spec);
		return first ? [spec.edits, own] : [own];
	});
	return {
		env: edits.flatMap(({ env }) => env),
		deviceNodes: edits.flatMap(({ deviceNodes }) => deviceNodes),
		mounts: edits.flatMap(({ mounts }) => mounts),
		hooks: edits.flatMap(({ hooks }) => hooks),
		additionalGids: edits.flatMap(({ additionalGids }) => additionalGids),
	};
}
