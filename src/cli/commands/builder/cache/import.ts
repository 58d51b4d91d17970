import { buildMountImport } from "../../../../client/index.ts";
import { defineCommand } from "../../../flags/command.ts";
import { openInputFile } from "../../../streams/input-file.ts";

export const command = defineCommand({
	usage: "ID FILE|-",
	description:
		"The content that the mount has is replaced. Archives may be compressed with gzip, zstd, bzip2 or xz; one that is bad or cut off changes nothing.",
	examples: [["builder cache import /root/.npm npm.tar", "Start with what another machine had"]],
	flags: [],
	arguments: { min: 2, max: 2 },
	completes: ["none", "file"],
	async run(context, { arguments: [id, file] }) {
		await buildMountImport(await context.engine(), id!, openInputFile(file!));
		context.out(`${id}\n`);
	},
});
