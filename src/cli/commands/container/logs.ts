import { parseTime } from "../../../api/syntax.ts";
import { containerInspect, containerLogs } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { unixTime } from "../../format/unix-time.ts";
import { copyOutput } from "../../streams/output.ts";

export const command = defineCommand({
	usage: "[OPTIONS] CONTAINER",
	description: "Shows what a container wrote to stdout and stderr, each on its own stream.",
	examples: [
		["logs -f --tail 20 web", "the last twenty lines and what comes"],
		["logs --since 10m web", "the last ten minutes"],
	],
	flags: [
		{ kind: "switch", name: "details", help: "Show the attributes kept with each line" },
		{ kind: "switch", name: "follow", short: "f", help: "Go on with what comes until the container ends" },
		{
			kind: "text",
			name: "since",
			completes: "none",
			parse: time,
			help: "Show what is not older (RFC 3339, unix seconds, or 10m)",
		},
		{
			kind: "text",
			name: "tail",
			short: "n",
			default: "all",
			completes: "none",
			help: "Show the last n lines",
		},
		{ kind: "switch", name: "timestamps", short: "t", help: "Show when each line was written" },
		{ kind: "text", name: "until", completes: "none", parse: time, help: "Show what is not newer" },
	],
	arguments: { min: 1, max: 1 },
	completes: ["container"],
	async run(context, { flags, arguments: [container] }) {
		const engine = await context.engine();
		const logs = await containerLogs(engine, container!, {
			stdout: true,
			stderr: true,
			follow: flags.follow,
			since: flags.since,
			until: flags.until,
			timestamps: flags.timestamps,
			details: flags.details,
			tail: flags.tail,
		});
		const tty = logs.multiplexed === undefined ? await hasTerminal() : !logs.multiplexed;
		await copyOutput(logs.output, { tty });

		async function hasTerminal(): Promise<boolean> {
			return (await containerInspect(engine, container!)).Config?.Tty ?? false;
		}
	},
});

function time(text: string): string {
	return unixTime(parseTime(text, BigInt(Date.now()) * 1_000_000n));
}
