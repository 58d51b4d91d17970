import type { ImageSearchResponseItem } from "../../../api/index.ts";
import { imageSearch } from "../../../client/index.ts";
import { storedCredentials } from "../../engine/credentials.ts";
import { defineCommand } from "../../flags/command.ts";
import { listFormatFlag } from "../../flags/shared.ts";
import { collectFilters, parseFilter, parseInteger } from "../../flags/values.ts";
import { registryOf } from "../../format/image-name.ts";
import { printList } from "../../format/print-list.ts";
import { ellipsis } from "../../format/text-width.ts";
import type { View } from "../../format/view.ts";

export const command = defineCommand({
	usage: "[OPTIONS] TERM",
	description:
		"Looks for repositories whose name has the term: at Docker Hub, or in the catalog of the registry that the term begins with ('localhost:5000/app').",
	flags: [
		{
			kind: "list",
			name: "filter",
			short: "f",
			word: "filter",
			parse: parseFilter,
			completes: "none",
			help: "Show those that match (is-official=true, stars=3)",
		},
		listFormatFlag,
		{
			kind: "text",
			name: "limit",
			word: "int",
			parse: parseInteger,
			completes: "none",
			help: "Most results (1 to 100, default 25)",
		},
		{ kind: "switch", name: "no-trunc", help: "Show descriptions in full" },
	],
	arguments: { min: 1, max: 1 },
	async run(context, { flags, arguments: [term] }) {
		const auth = await storedCredentials(context.configFolder, registryOf(term!));
		const found = await imageSearch(
			await context.engine(),
			{
				term: term!,
				filters: collectFilters(flags.filter),
				...(flags.limit === undefined ? {} : { limit: flags.limit }),
			},
			auth === undefined ? {} : { auth },
		);
		await printList(context, found, {
			view: searchView(flags["no-trunc"]),
			columns: ["Name", "Description", "StarCount", "IsOfficial"],
			format: flags.format,
			noTrunc: flags["no-trunc"],
		});
	},
});

function searchView(noTrunc: boolean): View<ImageSearchResponseItem> {
	return {
		Name: { header: "NAME", get: ({ name = "" }) => name },
		Description: {
			header: "DESCRIPTION",
			get: ({ description = "" }) => (noTrunc ? description : ellipsis(description, 45)),
		},
		StarCount: { header: "STARS", get: ({ star_count = 0 }) => String(star_count) },
		IsOfficial: { header: "OFFICIAL", get: ({ is_official }) => (is_official ? "[OK]" : "") },
		IsAutomated: { header: "AUTOMATED", get: ({ is_automated }) => (is_automated ? "[OK]" : "") },
	};
}
