import { snapshotRestore } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";

export const command = defineCommand({
	usage: "[OPTIONS] SNAPSHOT",
	description:
		"Makes a new container that goes on where the machine stood, under an id, name and addresses of its own. The snapshot stays and can be restored again. Prints the container's id.",
	examples: [["hull snapshot restore --name db2 warm", "Bring the snapshot warm back as db2"]],
	flags: [{ kind: "text", name: "name", completes: "none", help: "Name of the container" }],
	arguments: { min: 1, max: 1 },
	completes: ["snapshot"],
	async run(context, { flags, arguments: [snapshot] }) {
		const request = flags.name === undefined ? {} : { Name: flags.name };
		const { Id } = await snapshotRestore(await context.engine(), snapshot!, request);
		context.out(`${Id}\n`);
	},
});
