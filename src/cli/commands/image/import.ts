import { createReadStream, statSync } from "node:fs";
import { imageImport } from "../../../client/index.ts";
import { CommandFailure } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";
import { splitReference } from "../../format/image-name.ts";
import { showProgress } from "../../format/progress.ts";
import { readInput } from "../../streams/input.ts";

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
		const tar = fetched ? undefined : sourceStream(source!);
		await showProgress(imageImport(await context.engine(), query, tar), { fd: 1 });
	},
});

function sourceStream(source: string): AsyncIterable<Uint8Array> {
	if (source === "-") return readInput();
	const stat = statSync(source, { throwIfNoEntry: false });
	if (stat === undefined) throw new CommandFailure(`open ${source}: no such file or directory`);
	if (stat.isDirectory()) throw new CommandFailure(`open ${source}: is a directory`);
	return createReadStream(source, { highWaterMark: 1024 * 1024 });
}
