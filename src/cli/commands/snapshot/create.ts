import { snapshotCreate } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";

export const command = defineCommand({
	usage: "[OPTIONS] CONTAINER",
	description:
		"Puts a running container of isolation vm on disk: its memory, its processes and its own disk. It stands still for as long as that takes, then goes on. Prints the snapshot's id.",
	examples: [["hull snapshot create --name warm db", "Keep db as it is now under the name warm"]],
	flags: [{ kind: "text", name: "name", completes: "none", help: "Name of the snapshot" }],
	arguments: { min: 1, max: 1 },
	completes: ["running-container"],
	async run(context, { flags, arguments: [container] }) {
		const request = flags.name === undefined ? {} : { Name: flags.name };
		const { Id } = await snapshotCreate(await context.engine(), container!, request);
		context.out(`${Id}\n`);
	},
});
