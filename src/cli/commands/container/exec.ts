import { readFileSync } from "node:fs";
import {
	containerInspect,
	type Engine,
	execCreate,
	execInspect,
	execResize,
	execStart,
	execStartDetached,
} from "../../../client/index.ts";
import { CommandFailure } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";
import { currentSize, followSize } from "../../streams/resize.ts";
import { assertTerminalInput, runSession } from "../../streams/session.ts";
import { type ExecInput, execFlags, execRequest } from "./exec/request.ts";

export const command = defineCommand({
	usage: "[OPTIONS] CONTAINER COMMAND [ARG...]",
	description: "Runs one more process in a running container. The exit code is the process's.",
	examples: [
		["exec web ls -l /srv", "one command"],
		["exec -it web sh", "a shell beside the container's process"],
	],
	flags: execFlags,
	arguments: { min: 2 },
	completes: ["running-container", "none"],
	interspersed: false,
	async run(context, input) {
		const { flags } = input;
		const container = input.arguments[0]!;
		const engine = await context.engine();
		if (flags.interactive && flags.tty && !flags.detach) {
			// A container that is not there is the more useful message of the two.
			await containerInspect(engine, container);
			await assertTerminalInput({ stdin: true, tty: true });
		}
		const { Id: id } = await execCreate(engine, container, requestOf(input));
		if (flags.detach) {
			await execStartDetached(engine, id!, { Tty: flags.tty });
			return 0;
		}
		return runAttached(engine, input, id!);
	},
});

function requestOf(input: ExecInput) {
	const folder = {
		cwd: process.cwd(),
		lookup: (name: string) => process.env[name],
		readFile: (path: string) => readFileSync(path),
	};
	try {
		return execRequest(input, folder);
	} catch (error) {
		throw new CommandFailure((error as Error).message, { cause: error });
	}
}

async function runAttached(engine: Engine, { flags }: ExecInput, id: string): Promise<number> {
	const size = flags.tty ? await currentSize() : undefined;
	const body = { Detach: false, Tty: flags.tty, ...(size && { ConsoleSize: [size.h, size.w] }) };
	const stream = await execStart(engine, id, body);
	using _size = flags.tty ? await followSize((cells) => execResize(engine, id, cells)) : undefined;
	const end = await runSession(stream, {
		tty: flags.tty,
		stdin: flags.interactive,
		detachKeys: flags["detach-keys"],
	});
	if (end === "detached") throw new CommandFailure("read escape sequence");
	const { ExitCode: exitCode } = await execInspect(engine, id);
	return exitCode ?? 0;
}
