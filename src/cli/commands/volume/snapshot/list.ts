import type { HullVolumeSnapshot } from "../../../../api/index.ts";
import { volumeSnapshotList } from "../../../../client/index.ts";
import { defineCommand } from "../../../flags/command.ts";
import { listFormatFlag } from "../../../flags/shared.ts";
import { printList } from "../../../format/print-list.ts";
import { timeAgo } from "../../../format/times.ts";
import { decimalSize } from "../../../format/units.ts";
import type { View } from "../../../format/view.ts";
import { formatLabels } from "../../container/view.ts";

export const command = defineCommand({
	usage: "[OPTIONS] [VOLUME]",
	description: "Sizes are what is on the disk; blocks that are shared with the volume count too.",
	flags: [
		listFormatFlag,
		{ kind: "switch", name: "quiet", short: "q", help: "Show ids only" },
		{ kind: "switch", name: "size", short: "s", help: "Count what each takes" },
	],
	arguments: { min: 0, max: 1 },
	completes: ["volume"],
	async run(context, { flags, arguments: [volume] }) {
		const snapshots = await volumeSnapshotList(await context.engine(), { volume, size: flags.size });
		await printList(context, snapshots, {
			view,
			columns: ["ID", "Name", "Volume", "CreatedSince", ...(flags.size ? ["Size"] : [])],
			format: flags.format,
			only: flags.quiet ? "ID" : undefined,
		});
	},
});

const view: View<HullVolumeSnapshot> = {
	ID: { header: "SNAPSHOT ID", get: ({ Id }) => Id.slice(0, 12) },
	Name: { header: "NAME", get: ({ Name }) => Name },
	Volume: { header: "VOLUME", get: ({ Volume }) => Volume },
	CreatedAt: { header: "CREATED AT", get: ({ Created }) => Created },
	CreatedSince: { header: "CREATED", get: ({ Created }) => timeAgo(Date.parse(Created) / 1000) },
	Labels: { header: "LABELS", get: ({ Labels }) => formatLabels(Labels) },
	Shared: { header: "SHARED", get: ({ Shared }) => String(Shared) },
	Size: { header: "SIZE", get: ({ Size }) => (Size < 0 ? "N/A" : decimalSize(Size)) },
};
