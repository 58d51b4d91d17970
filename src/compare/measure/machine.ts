import { containerInspect, containerStart, execCreate, execInspect, execStart } from "../../client/index.ts";
import { delay, EngineError, isEngineError } from "../../lib/index.ts";
import { machineRequest } from "../machine-request.ts";
import { probePath, type Workshop } from "../workshop.ts";

/** Without KVM systemd takes a quarter of a minute to start everything. */
const patienceMs = 180_000;
const lookAgainMs = 200;
/** systemctl's words for a machine that has started all that it will. */
const states: ReadonlySet<string> = new Set(["running", "degraded"]);

/** Creates and starts a whole machine, and waits until it is up. Errors: `runtime_failed` when it ends before. */
export async function beginMachine(workshop: Workshop): Promise<string> {
	const { engine } = workshop;
	const id = await workshop.create("machine", machineRequest());
	try {
		await containerStart(engine, id);
	} catch (error) {
		if (!/no such file or directory|not found/i.test(String((error as Error).message))) throw error;
		throw new EngineError(
			"runtime_failed",
			"the image has no init (/sbin/init), so no machine can be made of it",
			{
				cause: error,
			},
		);
	}
	const deadline = AbortSignal.any([workshop.signal, AbortSignal.timeout(patienceMs)]);
	for (;;) {
		if (await isUp(workshop, id)) return id;
		const { State } = await containerInspect(engine, id);
		if (State?.Running !== true)
			throw new EngineError(
				"runtime_failed",
				`the image's init ended with ${State?.ExitCode} before the machine was up`,
			);
		await delay(lookAgainMs, deadline).catch((error: unknown) => {
			workshop.signal.throwIfAborted();
			if (!isEngineError(error, "cancelled")) throw error;
			throw new EngineError("runtime_failed", `the machine was not up after ${patienceMs / 1000} s`);
		});
	}
}

/** Where systemd is the init it says so itself; another init counts as soon as a program runs beside it. */
async function isUp(workshop: Workshop, id: string): Promise<boolean> {
	const state = await say(workshop, id, ["systemctl", "is-system-running"]);
	if (state.text === undefined) return (await say(workshop, id, [probePath, "see"])).exitCode === 0;
	return states.has(state.text);
}

/** `text` is undefined when there is no such program. */
async function say(
	{ engine, signal }: Workshop,
	id: string,
	words: readonly string[],
): Promise<{ readonly text: string | undefined; readonly exitCode: number }> {
	try {
		const { Id } = await execCreate(engine, id, {
			Cmd: [...words],
			User: "0",
			Tty: true,
			AttachStdout: true,
		});
		const stream = await execStart(engine, Id!, { Detach: false, Tty: true }, signal);
		let text = "";
		for await (const chunk of stream.output) text += Buffer.from(chunk).toString("latin1");
		const { ExitCode = 1 } = await execInspect(engine, Id!);
		return { text: ExitCode === 126 || ExitCode === 127 ? undefined : text.trim(), exitCode: ExitCode ?? 1 };
	} catch (error) {
		signal.throwIfAborted();
		// The engine's word for a program that is not there; everything else a later look shows.
		const missing = /executable file not found|no such file/i.test((error as Error).message);
		return { text: missing ? undefined : "", exitCode: 1 };
	}
}
