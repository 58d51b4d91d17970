import { networkDisconnect } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";

export const command = defineCommand({
	usage: "[OPTIONS] NETWORK CONTAINER",
	flags: [{ kind: "switch", name: "force", short: "f", help: "Also a container that is not known any more" }],
	arguments: { min: 2, max: 2 },
	completes: ["network", "container"],
	async run(context, { flags, arguments: [network, container] }) {
		await networkDisconnect(await context.engine(), network!, {
			Container: container!,
			Force: flags.force,
		});
	},
});
