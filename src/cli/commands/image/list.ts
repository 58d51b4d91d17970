import { imageList } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { collectFilters, parseFilter } from "../../flags/values.ts";
import { configuredFormat } from "../../format/configured.ts";
import { printList } from "../../format/print-list.ts";
import { imageRows, imageView } from "./view.ts";

export const command = defineCommand({
	usage: "[OPTIONS] [REPOSITORY[:TAG]]",
	description: "Filters: before, dangling, label, reference, since, until.",
	flags: [
		{
			kind: "switch",
			name: "all",
			short: "a",
			help: "Show images without a name that others are made of, too",
		},
		{ kind: "switch", name: "digests", help: "Show the digests of manifests" },
		{
			kind: "list",
			name: "filter",
			short: "f",
			word: "filter",
			parse: parseFilter,
			completes: "none",
			help: "Show those that match (key=value)",
		},
		{
			kind: "text",
			name: "format",
			completes: "none",
			help: "table, json, 'table TEMPLATE' or a Go template",
		},
		{ kind: "switch", name: "no-trunc", help: "Show ids in full" },
		{ kind: "switch", name: "quiet", short: "q", help: "Show ids only" },
	],
	arguments: { min: 0, max: 1 },
	completes: ["image"],
	async run(context, { flags, arguments: [reference] }) {
		const filters: Record<string, readonly string[]> = collectFilters(flags.filter);
		if (reference !== undefined) filters["reference"] = [...(filters["reference"] ?? []), reference];
		const images = await imageList(await context.engine(), { all: flags.all, filters });
		const format =
			flags.format ?? (flags.quiet ? undefined : configuredFormat(context.configFolder, "imagesFormat"));
		const digests = flags.digests || (format !== undefined && /\.Digest\b/.test(format));
		const columns = ["Repository", "Tag", ...(flags.digests ? ["Digest"] : []), "ID", "CreatedSince", "Size"];
		await printList(context, imageRows(images, { digests, onlyIds: flags.quiet }), {
			view: imageView({ noTrunc: flags["no-trunc"] }),
			columns,
			format,
			only: flags.quiet ? "ID" : undefined,
			noTrunc: flags["no-trunc"],
		});
	},
});
