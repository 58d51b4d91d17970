import { EngineError } from "../../../lib/index.ts";
import type { CommandContext } from "../../context.ts";
import { isTerminal } from "../../streams/session.ts";

/** Progress on stderr, and an end by the first Ctrl-C that leaves time to clean up; the second ends at once. */
export interface Interruption extends AsyncDisposable {
	readonly signal: AbortSignal;
	progress(text: string): void;
	/** Takes the progress line off the terminal. */
	clear(): void;
}

export async function interruptible(context: CommandContext): Promise<Interruption> {
	const controller = new AbortController();
	const live = await isTerminal(2);
	let shown = "";
	const progress = (text: string) => {
		if (live) context.error(`\r\u001b[K${text}`);
		else if (text !== shown) context.error(`${text}\n`);
		shown = text;
	};
	const clear = () => {
		if (live) context.error("\r\u001b[K");
	};
	const interrupt = () => {
		if (controller.signal.aborted) process.exit(130);
		if (controller.signal.aborted) process.exit(130);
		progress("cleaning up");
		controller.abort(new EngineError("cancelled", "the comparison was interrupted"));
	};
	const signals: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM"];
	for (const signal of signals) process.on(signal, interrupt);
	return {
		signal: controller.signal,
		progress,
		clear,
		async [Symbol.asyncDispose]() {
			for (const signal of signals) process.off(signal, interrupt);
			clear();
		},
	};
}
