import type { CommandContext } from "../context.ts";
import { CommandFailure } from "../failure.ts";
import { readInput } from "../streams/input.ts";

/** Asks before something is removed for good; `--force` does not ask. An answer other than yes ends the command. */
export async function confirm(
	context: CommandContext,
	{ warning, force }: { warning: string; force: boolean },
) {
	if (force) return;
	context.out(`WARNING! ${warning}\nAre you sure you want to continue? [y/N] `);
	let answer = "";
	for await (const chunk of readInput()) {
		answer += Buffer.from(chunk).toString();
		if (answer.includes("\n")) break;
	}
	if (!answer.includes("\n")) context.out("\n");
	if (!/^y(es)?$/i.test(answer.split("\n")[0]!.trim())) throw new CommandFailure("");
}
