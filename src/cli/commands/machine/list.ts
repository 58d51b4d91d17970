import { machineAnnotation } from "../../../api/syntax.ts";
import { containerList } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { listFormatFlag } from "../../flags/shared.ts";
import { printList } from "../../format/print-list.ts";
import { containerView } from "../container/view.ts";

export const command = defineCommand({
	usage: "[OPTIONS]",
	description: "Shows all machines, those that are off too, newest first.",
	flags: [listFormatFlag, { kind: "switch", name: "quiet", short: "q", help: "Show ids only" }],
	arguments: { min: 0, max: 0 },
	async run(context, { flags }) {
		const containers = await containerList(await context.engine(), { all: true });
		const machines = containers.filter(
			({ HostConfig }) => HostConfig?.Annotations?.[machineAnnotation] === "true",
		);
		await printList(context, machines, {
			view: containerView({ noTrunc: false }),
			columns: ["ID", "Names", "Image", "Status", "RunningFor"],
			format: flags.format,
			only: flags.quiet ? "ID" : undefined,
		});
	},
});
