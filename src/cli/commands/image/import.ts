import { imageImport } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { splitReference } from "../../format/image-name.ts";
import { showProgress } from "../../format/progress.ts";
import { openInputFile } from "../../streams/input-file.ts";

export const command = defineCommand({
	usage: "[OPTIONS] FILE|URL|- [REPOSITORY[:TAG]]",
	flags: [
		{
			kind: "list",
			name: "change",
			short: "c",
			completes: "none",
			help: "Dockerfile instruction for the image's configuration",
		},
		{ kind: "text", name: "message", short: "m", completes: "none", help: "What it is about" },
		{
			kind: "text",
			name: "platform",
			completes: "platform",
			help: "Platform of the files (os/arch[/variant])",
		},
	],
	arguments: { min: 1, max: 2 },
	completes: ["file", "image"],
	async run(context, { flags, arguments: [source, reference] }) {
		const { repository, tag } = splitReference(reference ?? "");
		const fetched = /^https?:\/\//.test(source!);
		const query = {
			fromSrc: fetched ? source! : "-",
			repo: repository === "" ? undefined : repository,
			tag,
			message: flags.message,
			changes: flags.change,
			platform: flags.platform,
		};
		const tar = fetched ? undefined : openInputFile(source!);
		await showProgress(imageImport(await context.engine(), query, tar), { fd: 1 });
	},
});
