import { imageLayers, imageList } from "../../../client/index.ts";
import type { CommandContext } from "../../context.ts";
import { CommandFailure } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";
import { filterFlag, listFormatFlag } from "../../flags/shared.ts";
import { collectFilters } from "../../flags/values.ts";
import { configuredFormat } from "../../format/configured.ts";
import { printList } from "../../format/print-list.ts";
import { tableWidth } from "../../format/table-width.ts";
import { formatLayerTree } from "./layer-tree.ts";
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
		filterFlag,
		listFormatFlag,
		{ kind: "switch", name: "no-trunc", help: "Show ids in full" },
		{ kind: "switch", name: "quiet", short: "q", help: "Show ids only" },
		{
			kind: "switch",
			name: "tree",
			help: "Show images under those that they are made of, with their layers",
		},
	],
	arguments: { min: 0, max: 1 },
	completes: ["image"],
	async run(context, { flags, arguments: [reference] }) {
		if (flags.tree) return printTree(context, { ...flags, reference });
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

interface TreeFlags {
	readonly quiet: boolean;
	readonly digests: boolean;
	readonly format: string | undefined;
	readonly filter: readonly unknown[];
	readonly reference: string | undefined;
	readonly "no-trunc": boolean;
}

/** A tree is of all images: parts of it would hang in the air. */
async function printTree(context: CommandContext, flags: TreeFlags): Promise<void> {
	const { quiet, digests, format, filter, reference } = flags;
	if (quiet || digests || reference !== undefined || filter.length > 0)
		throw new CommandFailure(
			"--tree shows all images: it does not go with --quiet, --digests, filters or a name",
		);
	const images = await imageLayers(await context.engine());
	if (format === "json") {
		for (const image of images) context.out(`${JSON.stringify(image)}\n`);
		return;
	}
	if (format !== undefined) throw new CommandFailure("--tree is a table or json, no template");
	const width = flags["no-trunc"] ? undefined : await tableWidth();
	context.out(formatLayerTree(images, { noTrunc: flags["no-trunc"], width }));
}
