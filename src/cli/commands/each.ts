import type { CommandContext } from "../context.ts";
import { CommandFailure, errorText } from "../failure.ts";

type Outcome = { readonly text: string } | { readonly error: unknown };

/** As many as docker works on at once. */
const concurrency = 50;

/**
 * Does something with each of the named objects, several at a time, and prints each one's name (or the text that the
 * function gives) in order as it is done; goes on after failures and gives 1 if there was any.
 */
export async function forEach(
	context: CommandContext,
	names: readonly string[],
	act: (name: string) => Promise<string>,
): Promise<number> {
	const outcomes: Promise<Outcome>[] = [];
	let failed = false;
	for (let index = 0; index < names.length; index++) {
		while (outcomes.length < Math.min(names.length, index + concurrency))
			outcomes.push(settle(act(names[outcomes.length]!)));
		const outcome = await outcomes[index]!;
		if ("error" in outcome) {
			failed = true;
			reportOne(context, outcome.error);
		} else if (outcome.text !== "") context.out(`${outcome.text}\n`);
	}
	return failed ? 1 : 0;
}

function settle(done: Promise<string>): Promise<Outcome> {
	return done.then(
		(text) => ({ text }),
		(error: unknown) => ({ error }),
	);
}

function reportOne(context: CommandContext, error: unknown): void {
	const code = (error as { code?: unknown } | undefined)?.code;
	// Without an engine there is no point in trying the next.
	if (code === "unavailable" && (error as Error).name !== "ResponseError") throw error;
	if (code === undefined && !(error instanceof CommandFailure)) throw error;
	context.error(`${errorText(error)}\n`);
}
