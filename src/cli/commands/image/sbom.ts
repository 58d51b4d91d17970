import type { HullPackageList } from "../../../api/index.ts";
import { imagePackages, imageSbomText } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { indentJson } from "../../format/indent-json.ts";
import { printList } from "../../format/print-list.ts";
import type { View } from "../../format/view.ts";

export const command = defineCommand({
	usage: "[OPTIONS] IMAGE",
	description:
		"Lists the software in an image: packages of Debian and Alpine, of npm and Python, and the modules of Go programs. As a bill of materials for other tools in SPDX 2.3 or CycloneDX 1.5.",
	examples: [
		["hull image sbom busybox", "What is in it"],
		["hull image sbom --format spdx-json app:1 > app.spdx.json", "For other tools"],
	],
	flags: [
		{
			kind: "text",
			name: "format",
			completes: "none",
			help: "table, spdx-json, cyclonedx-json, json, 'table TEMPLATE' or a Go template",
		},
	],
	arguments: { min: 1, max: 1 },
	completes: ["image"],
	async run(context, { flags: { format }, arguments: [image] }) {
		const engine = await context.engine();
		if (format === "spdx-json" || format === "cyclonedx-json") {
			context.out(`${indentJson(await imageSbomText(engine, image!, format))}\n`);
			return;
		}
		const { Packages } = await imagePackages(engine, image!);
		await printList(context, Packages, {
			view,
			columns: ["Type", "Name", "Version", "License", "Location"],
			format,
		});
	},
});

type Package = HullPackageList["Packages"][number];

const view: View<Package> = {
	Type: { header: "TYPE", get: ({ Type }) => Type },
	Name: { header: "NAME", get: ({ Name }) => Name },
	Version: { header: "VERSION", get: ({ Version }) => Version },
	Architecture: { header: "ARCHITECTURE", get: ({ Architecture = "" }) => Architecture },
	License: { header: "LICENSE", get: ({ License = "" }) => License },
	Location: { header: "LOCATION", get: ({ Location }) => Location },
	PackageURL: { header: "PACKAGE URL", get: ({ PackageURL }) => PackageURL },
};
