import { execCreate, execInspect, execResize, execStart } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { currentSize, followSize } from "../../streams/resize.ts";
import { inputIsTerminal, runSession } from "../../streams/session.ts";
import { inspectMachine } from "./inspect-machine.ts";

export const command = defineCommand({
	usage: "[OPTIONS] MACHINE [COMMAND] [ARG...]",
	description:
		"Runs a login shell of root in a machine, or a command. No ssh server is needed: the command goes in by the way of exec. The exit code is the command's.",
	examples: [
		["machine ssh box", "a shell"],
		["machine ssh box systemctl status", "one command"],
	],
	flags: [{ kind: "text", name: "user", short: "u", completes: "none", help: "User to be (default root)" }],
	arguments: { min: 1 },
	completes: ["running-container", "none"],
	interspersed: false,
	async run(context, { flags, arguments: [name, ...words] }) {
		const engine = await context.engine();
		const { Id: machine } = await inspectMachine(engine, name!);
		const tty = words.length === 0 && (await inputIsTerminal());
		const { Id: id } = await execCreate(engine, machine!, {
			AttachStdin: true,
			AttachStdout: true,
			AttachStderr: true,
			Tty: tty,
			...(flags.user === undefined ? {} : { User: flags.user }),
			Cmd: words.length === 0 ? ["/bin/sh", "-l"] : words,
		});
		const size = tty ? await currentSize() : undefined;
		const body = { Detach: false, Tty: tty, ...(size && { ConsoleSize: [size.h, size.w] }) };
		const stream = await execStart(engine, id!, body);
		using _size = tty ? await followSize((cells) => execResize(engine, id!, cells)) : undefined;
		await runSession(stream, { tty, stdin: true, detachKeys: undefined });
		return (await execInspect(engine, id!)).ExitCode ?? 0;
	},
});
