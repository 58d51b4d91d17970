import { imageCommit } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { splitReference } from "../../format/image-name.ts";

export const command = defineCommand({
	usage: "[OPTIONS] CONTAINER [REPOSITORY[:TAG]]",
	flags: [
		{ kind: "text", name: "author", short: "a", completes: "none", help: "Who made it" },
		{
			kind: "list",
			name: "change",
			short: "c",
			completes: "none",
			help: "Dockerfile instruction for the image's configuration",
		},
		{ kind: "text", name: "message", short: "m", completes: "none", help: "What it is about" },
		{ kind: "switch", name: "pause", short: "p", default: true, help: "Freeze the container meanwhile" },
	],
	arguments: { min: 1, max: 2 },
	completes: ["container", "image"],
	async run(context, { flags, arguments: [container, reference] }) {
		const { repository, tag } = splitReference(reference ?? "");
		const { Id } = await imageCommit(await context.engine(), {
			container: container!,
			repo: repository === "" ? undefined : repository,
			tag,
			comment: flags.message,
			author: flags.author,
			pause: flags.pause ? "1" : "0",
			changes: flags.change,
		});
		context.out(`${Id}\n`);
	},
});
