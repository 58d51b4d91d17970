import {
	containerAttach,
	containerKill,
	containerResize,
	containerStart,
	containerWait,
	type Engine,
} from "../../../client/index.ts";
import type { CommandContext } from "../../context.ts";
import { CommandFailure, errorText } from "../../failure.ts";
import { type CommandInput, defineCommand } from "../../flags/command.ts";
import { followSize } from "../../streams/resize.ts";
import { assertTerminalInput, runSession } from "../../streams/session.ts";
import { forwardSignals } from "../../streams/signals.ts";
import { assertCreatable, createContainer, createFailure, removeIdFile } from "./create/container.ts";
import { exitCodeOf } from "./exit-code.ts";
import { runFlags } from "./run-flags.ts";

type RunInput = CommandInput<typeof runFlags>;

export const command = defineCommand({
	usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
	description:
		"Creates a container from an image, pulls the image if it is not there, starts the container and stays connected with it until it ends.\n\nThe exit code is the process's own; 125 when the engine could not run it, 126 when the command cannot be executed, 127 when it was not found, 128 and the signal's number when a signal ended it.",
	examples: [
		["run --rm busybox echo hello", "one command, nothing left behind"],
		["run -it debian bash", "a shell; ctrl-p ctrl-q detaches"],
		["run -d --name web -v data:/srv web", "in the background, with a volume"],
		["run --isolation vm debian uname -r", "with a kernel of its own"],
	],
	flags: runFlags,
	arguments: { min: 1 },
	completes: ["image", "none"],
	interspersed: false,
	async run(context, input) {
		assertCreatable(input);
		const { flags } = input;
		if (!flags.detach) await assertTerminalInput({ stdin: attaches(input).stdin, tty: flags.tty });
		else if (flags.attach.length > 0)
			throw new CommandFailure("conflicting options: cannot specify both --attach and --detach");
		const engine = await context.engine();
		const { id } = await createContainer(context, input, flags).catch((error: unknown) => {
			throw createFailure(error);
		});
		try {
			return flags.detach ? await runDetached(context, engine, id) : await runAttached(engine, input, id);
		} catch (error) {
			if (error instanceof StartFailure) removeIdFile(flags.cidfile);
			throw error instanceof StartFailure ? startFailure(error.cause) : createFailure(error);
		}
	},
});

/** The container could not be started; `cause` is what the engine said. */
class StartFailure extends Error {}

async function runDetached(context: CommandContext, engine: Engine, id: string): Promise<number> {
	await start(engine, id);
	context.out(`${id}\n`);
	return 0;
}

/**
 * Attached before it starts, so that no byte is missed, and awaited before it starts, so that an end is never
 * overlooked, however soon it comes.
 */
async function runAttached(engine: Engine, input: RunInput, id: string): Promise<number> {
	const { flags } = input;
	using _signals = flags["sig-proxy"]
		? forwardSignals((signal) => containerKill(engine, id, { signal }))
		: undefined;
	const streams = attaches(input);
	const stream =
		streams.stdin || streams.stdout || streams.stderr
			? await containerAttach(engine, id, { ...streams, stream: true, detachKeys: flags["detach-keys"] })
			: undefined;
	const condition = flags.rm ? "removed" : "next-exit";
	const ended = await containerWait(engine, id, { condition });
	await start(engine, id).catch(async (error: unknown) => {
		stream?.close();
		// The engine removes a container that could not start; what follows may use its name again.
		if (flags.rm) await ended().catch(() => undefined);
		throw error;
	});
	using _size =
		flags.tty && stream !== undefined
			? await followSize((size) => containerResize(engine, id, size))
			: undefined;
	if (stream !== undefined) {
		const session = { tty: flags.tty, ...streams, detachKeys: flags["detach-keys"] };
		if ((await runSession(stream, session)) === "detached") return 0;
	}
	return exitCodeOf(await ended());
}

async function start(engine: Engine, id: string): Promise<void> {
	try {
		await containerStart(engine, id);
	} catch (cause) {
		throw new StartFailure("start", { cause });
	}
}

function attaches({ flags }: RunInput): { stdin: boolean; stdout: boolean; stderr: boolean } {
	const all = flags.attach.length === 0;
	return {
		stdin: flags.interactive || flags.attach.includes("stdin"),
		stdout: all || flags.attach.includes("stdout"),
		stderr: all || flags.attach.includes("stderr"),
	};
}

const notFound = [
	"executable file not found",
	"no such file or directory",
	"system cannot find the file specified",
];
const notExecutable = ["permission denied", "is a directory"];

/** 127 and 126 are what a shell gives for a command that is not there and one that cannot be executed. */
function startFailure(cause: unknown): CommandFailure {
	const text = errorText(cause);
	const says = (phrases: readonly string[]) => phrases.some((phrase) => text.includes(phrase));
	const exitCode = says(notFound) ? 127 : says(notExecutable) ? 126 : 125;
	return new CommandFailure(text, { exitCode, pointsToHelp: true, cause });
}
