/** What clients want attested (`attest:provenance`, `attest:sbom`): BuildKit, docs/attestations. */
import type { ProvenanceRequest } from "../../builder/index.ts";
import { EngineError } from "../../lib/index.ts";

type Attrs = ReadonlyMap<string, string>;

/** @param attrs empty: as it is by default. `undefined`: it is not wanted. */
export function provenanceOf(
	attrs: Attrs,
	vcs: Readonly<Record<string, string>>,
): ProvenanceRequest | undefined {
	refuseOthers("provenance", attrs, ["mode", "inline-only", "builder-id", "reproducible", "version"]);
	if (truth(attrs, "disabled")) return undefined;
	const mode = attrs.get("mode") || "max";
	if (mode !== "min" && mode !== "max")
		throw new EngineError("invalid_argument", `invalid mode ${JSON.stringify(mode)} of provenance`);
	const version = attrs.get("version") || "v0.2";
	if (version !== "v0.2")
		throw new EngineError(
			"not_implemented",
			`provenance with version=${version} is not supported: it is v0.2`,
		);
	return {
		mode,
		builderId: attrs.get("builder-id") ?? "",
		isReproducible: truth(attrs, "reproducible"),
		isUnasked: truth(attrs, "inline-only"),
		vcs,
	};
}

/** The engine lists software itself. */
export function isSbomWanted(attrs: Attrs): boolean {
	const generator = attrs.get("generator") ?? "";
	if (generator !== "")
		throw new EngineError("not_implemented", `sbom with generator=${generator} is not supported`);
	refuseOthers("sbom", attrs, ["generator"]);
	return !truth(attrs, "disabled");
}

function refuseOthers(name: string, attrs: Attrs, known: readonly string[]): void {
	for (const attr of attrs.keys())
		if (!["", "disabled", "type", ...known].includes(attr))
			throw new EngineError("not_implemented", `${name} with ${attr} is not supported`);
}

function truth(attrs: Attrs, name: string): boolean {
	const text = attrs.get(name);
	return text === "true" || text === "1";
}
