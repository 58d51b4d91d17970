import { parseMemoryBytes } from "../../../api/syntax.ts";
import { volumeImport } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { drainProgress, showProgress } from "../../format/progress.ts";
import { openInputFile } from "../../streams/input-file.ts";

export const command = defineCommand({
	usage: "[OPTIONS] VOLUME FILE|-",
	description:
		"Archives may be compressed with gzip, zstd, bzip2 or xz. An archive that is bad or cut off changes nothing.",
	examples: [
		["volume import db db.tar.zst", "Make the volume db of an archive"],
		["volume import --onto db tue.tar", "Apply what 'volume export --since' wrote"],
	],
	flags: [
		{ kind: "switch", name: "allow-devices", help: "Take device nodes too; they are refused otherwise" },
		{
			kind: "text",
			name: "max-size",
			word: "bytes",
			parse: parseMemoryBytes,
			completes: "none",
			help: "Refuse archives that unpack to more (default is what is free on the disk)",
		},
		{ kind: "switch", name: "onto", help: "Apply the archive to the volume that is there" },
		{ kind: "switch", name: "quiet", short: "q", help: "Show no progress" },
	],
	arguments: { min: 2, max: 2 },
	completes: ["volume", "file"],
	async run(context, { flags, arguments: [volume, file] }) {
		const lines = volumeImport(await context.engine(), volume!, openInputFile(file!), {
			onto: flags.onto,
			devices: flags["allow-devices"],
			maxBytes: flags["max-size"],
		});
		await (flags.quiet ? drainProgress(lines) : showProgress(lines, { fd: 2 }));
		context.out(`${volume}\n`);
	},
});
