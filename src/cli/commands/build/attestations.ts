import type { HullBuildRequest } from "../../../client/index.ts";
import { CommandFailure } from "../../failure.ts";
import { parseFields } from "./fields.ts";

type Attestations = Pick<HullBuildRequest, "Provenance" | "Sbom">;

const known: Readonly<Record<string, readonly string[]>> = {
	provenance: ["type", "disabled", "mode", "builder-id", "reproducible"],
	sbom: ["type", "disabled"],
};

/** `--attest type=…`, and its short forms, which win. Without a mode provenance tells all, as BuildKit does. */
export function attestations(flags: {
	readonly attest: readonly string[];
	readonly provenance?: string | undefined;
	readonly sbom?: string | undefined;
}): Attestations {
	const short = (type: string, text: string | undefined) =>
		text === undefined ? [] : [shortForm(type, text)];
	const all = [
		...flags.attest.map((text) => checked(`--attest ${text}`, parseFields(text))),
		...short("provenance", flags.provenance),
		...short("sbom", flags.sbom),
	].map((fields) => [fields["type"]!, fields] as const);
	const { provenance, sbom } = Object.fromEntries(all);
	return {
		...(provenance === undefined || isTrue(provenance["disabled"])
			? {}
			: {
					Provenance: {
						Mode: provenance["mode"] || "max",
						BuilderId: provenance["builder-id"] ?? "",
						Reproducible: isTrue(provenance["reproducible"]),
					},
				}),
		Sbom: sbom !== undefined && !isTrue(sbom["disabled"]),
	};
}

/** `true`, `false`, or the fields without the type: `mode=min`. */
function shortForm(type: string, text: string): Record<string, string> {
	if (/^(?:true|1)$/.test(text)) return { type };
	if (/^(?:false|0|)$/.test(text)) return { type, disabled: "true" };
	return checked(`--${type} ${text}`, { ...parseFields(text), type });
}

function checked(flag: string, fields: Record<string, string>): Record<string, string> {
	const names = known[fields["type"] ?? ""];
	if (names === undefined) throw new CommandFailure(`${flag}: the type is provenance or sbom`);
	const odd = Object.keys(fields).find((name) => !names.includes(name));
	if (odd !== undefined) throw new CommandFailure(`${flag}: ${odd} is not supported`);
	if (!["", "min", "max"].includes(fields["mode"] ?? ""))
		throw new CommandFailure(`${flag}: the mode is min or max`);
	return fields;
}

function isTrue(text: string | undefined): boolean {
	return text === "true" || text === "1";
}
