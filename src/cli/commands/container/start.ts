import {
	containerAttach,
	containerInspect,
	containerKill,
	containerResize,
	containerStart,
	containerWait,
	type Engine,
} from "../../../client/index.ts";
import type { CommandContext } from "../../context.ts";
import { CommandFailure } from "../../failure.ts";
import { type CommandInput, defineCommand } from "../../flags/command.ts";
import type { Flag } from "../../flags/flag.ts";
import { followSize } from "../../streams/resize.ts";
import { assertTerminalInput, runSession } from "../../streams/session.ts";
import { forwardSignals } from "../../streams/signals.ts";
import { forEach } from "../each.ts";
import { exitCodeOf } from "./exit-code.ts";

const startFlags = [
	{
		kind: "switch",
		name: "attach",
		short: "a",
		help: "Show its output, pass signals on, end with its exit code",
	},
	{ kind: "text", name: "checkpoint", completes: "none", help: "Checkpoint to start from" },
	{ kind: "text", name: "checkpoint-dir", completes: "folder", help: "Where the checkpoint is" },
	{
		kind: "text",
		name: "detach-keys",
		completes: "none",
		help: "Keys that detach from a terminal (default ctrl-p,ctrl-q)",
	},
	{ kind: "switch", name: "interactive", short: "i", help: "Connect our input with its input" },
	{ kind: "switch", name: "sig-proxy", default: true, help: "Pass signals on when attached" },
] as const satisfies readonly Flag[];

type StartInput = CommandInput<typeof startFlags>;

export const command = defineCommand({
	usage: "[OPTIONS] CONTAINER [CONTAINER...]",
	flags: startFlags,
	arguments: { min: 1 },
	completes: ["stopped-container"],
	async run(context, input) {
		const { flags, arguments: names } = input;
		const engine = await context.engine();
		const query = { checkpoint: flags.checkpoint, "checkpoint-dir": flags["checkpoint-dir"] };
		if (!flags.attach && !flags.interactive)
			return startAll(context, names, (name) => containerStart(engine, name, query));
		if (names.length > 1) throw new CommandFailure("you cannot start and attach multiple containers at once");
		return startAttached(engine, names[0]!, input);
	},
});

async function startAll(
	context: CommandContext,
	names: readonly string[],
	start: (name: string) => Promise<unknown>,
): Promise<number> {
	const failed: string[] = [];
	const exitCode = await forEach(context, names, async (name) => {
		try {
			await start(name);
			return name;
		} catch (error) {
			failed.push(name);
			throw error;
		}
	});
	if (failed.length > 0) context.error(`Error: failed to start containers: ${failed.join(", ")}\n`);
	return exitCode;
}

async function startAttached(engine: Engine, name: string, { flags }: StartInput): Promise<number> {
	const { Id: id, Config: config = {}, HostConfig: hostConfig = {} } = await containerInspect(engine, name);
	const tty = config.Tty ?? false;
	const stdin = flags.interactive && (config.OpenStdin ?? false);
	await assertTerminalInput({ stdin, tty });
	using _signals =
		flags["sig-proxy"] && !tty
			? forwardSignals((signal) => containerKill(engine, id!, { signal }))
			: undefined;
	const detachKeys = flags["detach-keys"];
	const stream = await containerAttach(engine, id!, {
		stream: true,
		stdin,
		stdout: true,
		stderr: true,
		detachKeys,
	});
	const condition = hostConfig.AutoRemove ? "removed" : "next-exit";
	const ended = await containerWait(engine, id!, { condition });
	try {
		await containerStart(engine, id!);
	} catch (error) {
		stream.close();
		if (hostConfig.AutoRemove) await ended().catch(() => undefined);
		throw error;
	}
	using _size = tty ? await followSize((size) => containerResize(engine, id!, size)) : undefined;
	if ((await runSession(stream, { tty, stdin, detachKeys })) === "detached") return 0;
	return exitCodeOf(await ended());
}
