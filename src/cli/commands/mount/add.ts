import type { Mount } from "../../../api/index.ts";
import { parseBind, parseMountFlag, parseVolumeFlag } from "../../../api/syntax.ts";
import { containerMountAdd } from "../../../client/index.ts";
import { CommandFailure } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";

export const command = defineCommand({
	usage: "[OPTIONS] CONTAINER [SOURCE:TARGET[:MODE]...]",
	description:
		"Mounts are written as for `run -v`, or with --mount. A container that runs sees them at once; they come back at each start.",
	examples: [
		["hull mount add web ./site:/srv:ro", "Let web read a folder of this machine"],
		["hull mount add --mount type=volume,src=data,dst=/data web", "Give web a volume"],
	],
	flags: [
		{
			kind: "list",
			name: "mount",
			word: "mount",
			parse: (text) => parseMountFlag(text, process.cwd()),
			completes: "none",
			help: "A mount as `run --mount` takes it",
		},
	],
	arguments: { min: 1 },
	completes: ["container"],
	async run(context, { flags, arguments: [container, ...short] }) {
		const mounts = [...short.map(mountOf), ...flags.mount];
		if (mounts.length === 0) throw new CommandFailure("give a mount: SOURCE:TARGET[:MODE] or --mount");
		const engine = await context.engine();
		for (const mount of mounts) {
			const { Destination } = await containerMountAdd(engine, container!, mount);
			context.out(`${Destination}\n`);
		}
	},
});

function mountOf(text: string): Mount {
	const flag = parseVolumeFlag(text, process.cwd());
	return flag.kind === "anonymous" ? { Type: "volume", Target: flag.target } : parseBind(flag.bind).spec;
}
