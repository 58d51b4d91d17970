import { volumeSnapshotDelete } from "../../../../client/index.ts";
import { defineCommand } from "../../../flags/command.ts";
import { forEach } from "../../each.ts";

export const command = defineCommand({
	usage: "VOLUME SNAPSHOT [SNAPSHOT...]",
	flags: [],
	arguments: { min: 2 },
	completes: ["volume", "volume-snapshot"],
	async run(context, { arguments: [volume, ...snapshots] }) {
		const engine = await context.engine();
		return forEach(context, snapshots, async (snapshot) => {
			await volumeSnapshotDelete(engine, volume!, snapshot);
			return snapshot;
		});
	},
});
