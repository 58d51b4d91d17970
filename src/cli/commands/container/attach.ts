import {
	containerAttach,
	containerInspect,
	containerKill,
	containerResize,
	containerWait,
} from "../../../client/index.ts";
import { CommandFailure } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";
import { followSize } from "../../streams/resize.ts";
import { assertTerminalInput, runSession } from "../../streams/session.ts";
import { forwardSignals } from "../../streams/signals.ts";
import { exitCodeOf } from "./exit-code.ts";

export const command = defineCommand({
	usage: "[OPTIONS] CONTAINER",
	description:
		"Connects your input and output with a running container's. The exit code is the container's; with a terminal, ctrl-p ctrl-q detaches and leaves it running.",
	flags: [
		{
			kind: "text",
			name: "detach-keys",
			completes: "none",
			help: "Keys that detach from a terminal (default ctrl-p,ctrl-q)",
		},
		{ kind: "switch", name: "no-stdin", help: "Do not connect the input" },
		{ kind: "switch", name: "sig-proxy", default: true, help: "Pass signals on to the process" },
	],
	arguments: { min: 1, max: 1 },
	completes: ["running-container"],
	async run(context, { flags, arguments: [name] }) {
		const engine = await context.engine();
		const { Id, Config: config = {}, State: state = {} } = await containerInspect(engine, name!);
		const id = Id!;
		if (!state.Running) throw new CommandFailure("cannot attach to a stopped container, start it first");
		if (state.Paused) throw new CommandFailure("cannot attach to a paused container, unpause it first");
		if (state.Restarting)
			throw new CommandFailure("cannot attach to a restarting container, wait until it is running");
		const tty = config.Tty ?? false;
		const stdin = !flags["no-stdin"] && (config.OpenStdin ?? false);
		await assertTerminalInput({ stdin, tty });
		const detachKeys = flags["detach-keys"];
		using _signals =
			flags["sig-proxy"] && !tty
				? forwardSignals((signal) => containerKill(engine, id, { signal }))
				: undefined;
		const ended = await containerWait(engine, id, { condition: "not-running" });
		const stream = await containerAttach(engine, id, {
			stream: true,
			stdin,
			stdout: true,
			stderr: true,
			detachKeys,
		});
		using _size = tty ? await followSize((size) => containerResize(engine, id, size)) : undefined;
		if ((await runSession(stream, { tty, stdin, detachKeys })) === "detached") {
			throw new CommandFailure("read escape sequence");
		}
		return exitCodeOf(await ended());
	},
});
