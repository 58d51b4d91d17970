import { buildMountExport } from "../../../../client/index.ts";
import { defineCommand } from "../../../flags/command.ts";
import { assertSavable, saveStream } from "../../../streams/save-stream.ts";

export const command = defineCommand({
	usage: "[OPTIONS] ID",
	description:
		"ID is the id of the mount, which is its target where no other is given. Builds that want it wait.",
	examples: [["builder cache export -o npm.tar /root/.npm", "Keep what npm has downloaded"]],
	flags: [
		{
			kind: "text",
			name: "output",
			short: "o",
			completes: "file",
			help: "Write this file instead of stdout",
		},
	],
	arguments: { min: 1, max: 1 },
	completes: ["none"],
	async run(context, { flags, arguments: [id] }) {
		await assertSavable(flags.output);
		const tar = buildMountExport(await context.engine(), id!);
		await saveStream(tar, { path: flags.output, what: `cache mount ${id}` });
	},
});
