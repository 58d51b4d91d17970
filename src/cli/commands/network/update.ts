import { networkEgress } from "../../../client/index.ts";
import { CommandFailure } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";
import { forEach } from "../each.ts";
import { egressFlag, egressPolicy } from "./egress-flag.ts";

export const command = defineCommand({
	usage: "--egress RULE [--egress RULE...] NETWORK [NETWORK...]",
	description: "Containers that run are under the new policy at once.",
	examples: [
		[
			"hull network update --egress allow=*.debian.org:443/tcp shop",
			"Let shop's containers reach Debian alone",
		],
		["hull network update --egress off shop", "Let them reach everything again"],
	],
	flags: [egressFlag],
	arguments: { min: 1 },
	completes: ["network"],
	async run(context, { flags, arguments: names }) {
		const policy = egressPolicy(flags.egress);
		if (policy === undefined) throw new CommandFailure("say what to change: --egress");
		const engine = await context.engine();
		return forEach(context, names, async (name) => {
			await networkEgress(engine, name, policy);
			return name;
		});
	},
});
