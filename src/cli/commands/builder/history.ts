import { humanDuration } from "../../../api/syntax.ts";
import { buildList, type HullBuildRecord } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { listFormatFlag } from "../../flags/shared.ts";
import { printList } from "../../format/print-list.ts";
import { timeAgo } from "../../format/times.ts";
import type { View } from "../../format/view.ts";

export const command = defineCommand({
	usage: "[OPTIONS]",
	description: "Lists the builds that run and those that ended, the newest first. Old ones are forgotten.",
	flags: [listFormatFlag, { kind: "switch", name: "quiet", short: "q", help: "Show ids only" }],
	arguments: { min: 0, max: 0 },
	async run(context, { flags }) {
		await printList(context, await buildList(await context.engine()), {
			view,
			columns: ["ID", "Name", "Status", "Steps", "CreatedSince", "Duration"],
			format: flags.format,
			only: flags.quiet ? "ID" : undefined,
		});
	},
});

const view: View<HullBuildRecord> = {
	ID: { header: "BUILD ID", get: ({ Id }) => Id },
	Name: { header: "NAME", get: ({ Name }) => Name },
	Status: { header: "STATUS", get: ({ State }) => State },
	Steps: {
		header: "STEPS",
		get: ({ Steps: { Total, Completed, Cached } }) =>
			`${Completed}/${Total}${Cached > 0 ? ` (${Cached} cached)` : ""}`,
	},
	CreatedSince: { header: "CREATED", get: ({ StartedAt }) => timeAgo(Date.parse(StartedAt) / 1000) },
	Duration: { header: "DURATION", get: duration },
	ImageID: { header: "IMAGE ID", get: ({ ImageId = "" }) => ImageId },
	Error: { header: "ERROR", get: ({ Error: text = "" }) => text },
};

function duration({ StartedAt, EndedAt }: HullBuildRecord): string {
	const end = EndedAt === undefined ? Date.now() : Date.parse(EndedAt);
	return humanDuration((end - Date.parse(StartedAt)) / 1000);
}
