import { imageDelete } from "../../../client/index.ts";
import { errorText } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";
import { platformJson } from "../../format/platform.ts";
import { forEach } from "../each.ts";

export const command = defineCommand({
	usage: "[OPTIONS] IMAGE [IMAGE...]",
	description: "Takes names from images; an image whose last name goes is removed with its layers.",
	flags: [
		{
			kind: "switch",
			name: "force",
			short: "f",
			help: "Remove it though it has more names or stopped containers use it",
		},
		{ kind: "switch", name: "no-prune", help: "Keep its parents" },
		{
			kind: "list",
			name: "platform",
			completes: "platform",
			help: "Remove this platform only (os/arch[/variant])",
		},
	],
	arguments: { min: 1 },
	completes: ["image"],
	async run(context, { flags, arguments: names }) {
		const engine = await context.engine();
		const platforms =
			flags.platform.length === 0 ? undefined : `[${flags.platform.map(platformJson).join(",")}]`;
		return forEach(context, names, async (name) => {
			try {
				const deleted = await imageDelete(engine, name, {
					force: flags.force,
					noprune: flags["no-prune"],
					platforms,
				});
				return deleted
					.map(({ Untagged, Deleted }) => (Deleted ? `Deleted: ${Deleted}` : `Untagged: ${Untagged}`))
					.join("\n");
			} catch (error) {
				if (!flags.force || (error as { status?: unknown }).status !== 404) throw error;
				context.error(`${errorText(error)}\n`);
				return "";
			}
		});
	},
});
