import type { ImageHistoryResponseItem } from "../../../api/index.ts";
import { imageHistory } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { listFormatFlag } from "../../flags/shared.ts";
import { platformJson } from "../../format/platform.ts";
import { printList } from "../../format/print-list.ts";
import { ellipsis } from "../../format/text-width.ts";
import { timeAgo } from "../../format/times.ts";
import { decimalSize } from "../../format/units.ts";
import type { View } from "../../format/view.ts";
import { shortDigest } from "../container/view.ts";

export const command = defineCommand({
	usage: "[OPTIONS] IMAGE",
	flags: [
		listFormatFlag,
		{ kind: "switch", name: "human", short: "H", default: true, help: "Sizes and times for people" },
		{ kind: "switch", name: "no-trunc", help: "Show ids and instructions in full" },
		{
			kind: "text",
			name: "platform",
			completes: "platform",
			help: "Platform of the image (os/arch[/variant])",
		},
		{ kind: "switch", name: "quiet", short: "q", help: "Show ids only" },
	],
	arguments: { min: 1, max: 1 },
	completes: ["image"],
	async run(context, { flags, arguments: [image] }) {
		const platform = flags.platform === undefined ? undefined : platformJson(flags.platform);
		const items = await imageHistory(await context.engine(), image!, { platform });
		await printList(context, items, {
			view: historyView({ noTrunc: flags["no-trunc"], human: flags.human }),
			columns: ["ID", flags.human ? "CreatedSince" : "CreatedAt", "CreatedBy", "Size", "Comment"],
			format: flags.format,
			only: flags.quiet ? "ID" : undefined,
			noTrunc: flags["no-trunc"],
		});
	},
});

function historyView({
	noTrunc,
	human,
}: {
	noTrunc: boolean;
	human: boolean;
}): View<ImageHistoryResponseItem> {
	return {
		ID: { header: "IMAGE", get: ({ Id = "" }) => (noTrunc ? Id : shortDigest(Id)) },
		CreatedAt: {
			header: "CREATED AT",
			get: ({ Created = 0 }) => new Date(Created * 1000).toISOString().replace(".000", ""),
		},
		CreatedSince: { header: "CREATED", get: ({ Created }) => timeAgo(Created) || "N/A" },
		CreatedBy: {
			header: "CREATED BY",
			get: ({ CreatedBy = "" }) => {
				const line = CreatedBy.replaceAll("\t", " ");
				return noTrunc ? line : ellipsis(line, 45);
			},
		},
		Size: { header: "SIZE", get: ({ Size = 0 }) => (human ? decimalSize(Size, 3) : String(Size)) },
		Comment: { header: "COMMENT", get: ({ Comment }) => Comment ?? "" },
	};
}
