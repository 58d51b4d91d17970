import { containerAttach, containerLogs, containerResize } from "../../../client/index.ts";
import { CommandFailure } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";
import { copyOutput } from "../../streams/output.ts";
import { followSize } from "../../streams/resize.ts";
import { inputIsTerminal, runSession } from "../../streams/session.ts";
import { inspectMachine } from "./inspect-machine.ts";

export const command = defineCommand({
	usage: "[OPTIONS] MACHINE",
	description:
		"Shows the last lines of a machine's console, its boot log among them, and connects your terminal with it if the machine is on. ctrl-p ctrl-q leaves it.",
	flags: [
		{ kind: "switch", name: "no-stdin", help: "Do not connect the input" },
		{ kind: "switch", name: "no-follow", help: "Show what there is and end" },
		{
			kind: "text",
			name: "tail",
			short: "n",
			default: "100",
			completes: "none",
			help: "Lines to show first",
		},
	],
	arguments: { min: 1, max: 1 },
	completes: ["container"],
	async run(context, { flags, arguments: [name] }) {
		const engine = await context.engine();
		const { Id, State: state = {} } = await inspectMachine(engine, name!);
		const follows = flags["no-follow"] !== true && state.Running === true;
		if (follows && state.Paused) throw new CommandFailure(`${name} is paused, unpause it first`);
		const stdin = follows && !flags["no-stdin"] && (await inputIsTerminal());
		// Before the log is read: what is printed meanwhile comes twice at the worst, and is never lost.
		const stream = follows
			? await containerAttach(engine, Id!, { stream: true, stdin, stdout: true, stderr: true })
			: undefined;
		const logs = await containerLogs(engine, Id!, { stdout: true, stderr: true, tail: flags.tail ?? "100" });
		await copyOutput(logs.output, { tty: true });
		if (stream === undefined) return;
		using _size = stdin ? await followSize((size) => containerResize(engine, Id!, size)) : undefined;
		await runSession(stream, { tty: true, stdin, detachKeys: undefined });
	},
});
