import type { CommandLine } from "./commands.ts";
import type { Refuse } from "./refuse.ts";
import { parseJsonForm } from "./words.ts";

/** A JSON array is the arguments; everything else is for the shell. */
export function parseCommandLine(text: string, refuse: Refuse): CommandLine {
	const args = parseJsonForm(text, () =>
		refuse("when using JSON array syntax, arrays must be comprised of strings only", text),
	);
	return args === undefined ? { form: "shell", text } : { form: "exec", args };
}
