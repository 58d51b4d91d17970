import { volumeExport } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { assertSavable, saveStream } from "../../streams/save-stream.ts";
import { withByteCount } from "./byte-count.ts";

export const command = defineCommand({
	usage: "[OPTIONS] VOLUME",
	description:
		"With --since only what changed from a snapshot on: added and changed files, and marks for those that are gone. 'volume import --onto' applies that to a volume that is as the snapshot was.",
	examples: [
		["volume export -o db.tar.zst --compression zstd db", "Write all of it"],
		["volume export --since monday --snapshot tuesday -o tue.tar db", "Write what changed in a day"],
	],
	flags: [
		{
			kind: "text",
			name: "compression",
			default: "none",
			choices: ["none", "gzip", "zstd"],
			help: "Compress the archive",
		},
		{ kind: "switch", name: "no-pause", help: "Let containers write meanwhile" },
		{
			kind: "text",
			name: "output",
			short: "o",
			completes: "file",
			help: "Write this file instead of stdout",
		},
		{
			kind: "text",
			name: "since",
			completes: "volume-snapshot",
			help: "Only what changed since this snapshot",
		},
		{
			kind: "text",
			name: "snapshot",
			completes: "volume-snapshot",
			help: "Of this snapshot instead of the volume as it is",
		},
	],
	arguments: { min: 1, max: 1 },
	completes: ["volume"],
	async run(context, { flags, arguments: [volume] }) {
		await assertSavable(flags.output);
		const tar = volumeExport(await context.engine(), volume!, {
			snapshot: flags.snapshot,
			since: flags.since,
			compression: flags.compression,
			noPause: flags["no-pause"],
		});
		await saveStream(await withByteCount(tar, { status: "Exporting" }), {
			path: flags.output,
			what: `volume ${volume}`,
		});
	},
});
