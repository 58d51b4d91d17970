import { isTerminal } from "../../../streams/session.ts";
import { writeError } from "../../../terminal/output.ts";
import type { BuildDisplay, DisplayOptions } from "./build-display.ts";
import { plainDisplay } from "./plain.ts";
import { terminalDisplay } from "./terminal.ts";

/** `auto` is `tty` where stderr is a terminal, else `plain`. */
export async function buildDisplay(kind: string, options: DisplayOptions): Promise<BuildDisplay> {
	switch (kind) {
		case "quiet":
			return { take() {}, end() {} };
		case "rawjson":
			return {
				take(event) {
					if (event.kind !== "export") writeError(`${JSON.stringify(event)}\n`);
				},
				end() {},
			};
		case "plain":
			return plainDisplay(writeError, options);
		case "tty":
			return terminalDisplay(writeError, options);
		default:
			return (await isTerminal(2)) ? terminalDisplay(writeError, options) : plainDisplay(writeError, options);
	}
}
