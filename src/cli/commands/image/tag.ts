import { imageTag } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { splitReference } from "../../format/image-name.ts";

export const command = defineCommand({
	usage: "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
	flags: [],
	arguments: { min: 2, max: 2 },
	completes: ["image"],
	async run(context, { arguments: [source, target] }) {
		const { repository, tag, digest } = splitReference(target!);
		// The engine says what is wrong with a target that has a digest.
		const repo = digest === undefined ? repository : `${repository}@${digest}`;
		await imageTag(await context.engine(), source!, { repo, tag });
	},
});
