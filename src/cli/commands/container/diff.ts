import { containerChanges } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { printList } from "../../format/print-list.ts";

const kinds = ["C", "A", "D"];

export const command = defineCommand({
	usage: "[OPTIONS] CONTAINER",
	description: "Shows what differs from the image: A added, C changed, D deleted.",
	flags: [
		{ kind: "text", name: "format", completes: "none", help: "table, json or a Go template (.Type, .Path)" },
	],
	arguments: { min: 1, max: 1 },
	completes: ["container"],
	async run(context, { flags, arguments: [container] }) {
		const changes = await containerChanges(await context.engine(), container!);
		await printList(context, changes, {
			view: {
				Type: { header: "CHANGE TYPE", get: ({ Kind }) => kinds[Number(Kind)] ?? "?" },
				Path: { header: "PATH", get: ({ Path }) => Path ?? "" },
			},
			columns: ["Type", "Path"],
			format: flags.format ?? "{{.Type}} {{.Path}}",
		});
	},
});
