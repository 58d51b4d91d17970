import type { MountPoint } from "../../../api/index.ts";
import { containerMountList } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { listFormatFlag } from "../../flags/shared.ts";
import { printList } from "../../format/print-list.ts";
import type { View } from "../../format/view.ts";

export const command = defineCommand({
	usage: "[OPTIONS] CONTAINER",
	flags: [listFormatFlag, { kind: "switch", name: "quiet", short: "q", help: "Show targets only" }],
	arguments: { min: 1, max: 1 },
	completes: ["container"],
	async run(context, { flags, arguments: [container] }) {
		await printList(context, await containerMountList(await context.engine(), container!), {
			view,
			columns: ["Target", "Type", "Source", "Access"],
			format: flags.format,
			only: flags.quiet ? "Target" : undefined,
		});
	},
});

const view: View<MountPoint> = {
	Target: { header: "TARGET", get: ({ Destination }) => Destination ?? "" },
	Type: { header: "TYPE", get: ({ Type }) => Type ?? "" },
	Source: { header: "SOURCE", get: ({ Name, Source }) => Name || Source || "" },
	Access: { header: "ACCESS", get: ({ RW }) => (RW ? "rw" : "ro") },
};
