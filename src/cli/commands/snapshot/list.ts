import type { HullSnapshot } from "../../../api/index.ts";
import { snapshotList } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { listFormatFlag } from "../../flags/shared.ts";
import { printList } from "../../format/print-list.ts";
import type { View } from "../../format/view.ts";

export const command = defineCommand({
	usage: "[OPTIONS]",
	flags: [listFormatFlag, { kind: "switch", name: "quiet", short: "q", help: "Show ids only" }],
	arguments: { min: 0, max: 0 },
	async run(context, { flags }) {
		await printList(context, await snapshotList(await context.engine()), {
			view,
			columns: ["ID", "Name", "Container", "Image", "CreatedAt"],
			format: flags.format,
			only: flags.quiet ? "ID" : undefined,
		});
	},
});

const view: View<HullSnapshot> = {
	ID: { header: "SNAPSHOT ID", get: ({ Id }) => Id.slice(0, 12) },
	Name: { header: "NAME", get: ({ Name }) => Name },
	Container: { header: "CONTAINER", get: ({ ContainerName }) => ContainerName },
	Image: { header: "IMAGE", get: ({ Image }) => Image },
	CreatedAt: { header: "CREATED AT", get: ({ Created }) => Created },
};
