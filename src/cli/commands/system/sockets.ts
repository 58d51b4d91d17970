import { socketList } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { listFormatFlag } from "../../flags/shared.ts";
import { printList } from "../../format/print-list.ts";
import { socketView } from "./socket-view.ts";

export const command = defineCommand({
	usage: "[OPTIONS]",
	flags: [listFormatFlag],
	arguments: { min: 0, max: 0 },
	async run(context, { flags }) {
		await printList(context, await socketList(await context.engine()), {
			view: socketView,
			columns: ["Name", "Path", "Mode", "Role", "Scope", "Operations", "Denied"],
			format: flags.format,
		});
	},
});
