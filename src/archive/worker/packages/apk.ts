import type { SoftwarePackage } from "../../contract.ts";
import { fieldOf, present } from "./dpkg.ts";

/** Installed packages of an apk database: paragraphs of `K:value` lines. https://wiki.alpinelinux.org/wiki/Apk_spec */
export function* alpinePackages(text: string, location: string): Generator<SoftwarePackage> {
	for (const paragraph of text.split("\n\n")) {
		const [name, version] = [fieldOf(paragraph, "P"), fieldOf(paragraph, "V")];
		if (name === undefined || version === undefined) continue;
		yield {
			type: "apk",
			name,
			version,
			location,
			...present({
				architecture: fieldOf(paragraph, "A"),
				source: fieldOf(paragraph, "o"),
				license: fieldOf(paragraph, "L"),
				supplier: fieldOf(paragraph, "m"),
			}),
		};
	}
}
