import { expect } from "bun:test";
import { eventually } from "./eventually.ts";

/** A program on a pseudo terminal, as a user sits at it. */
export interface Terminal {
	type(text: string): void;
	resize(columns: number, rows: number): void;
	/** Waits until the screen has shown the text; gives all that was shown so far. */
	shows(text: string | RegExp): Promise<string>;
	/** Exit code. */
	readonly ended: Promise<number>;
	end(): void;
}

export function openTerminal(command: readonly string[], size = { columns: 80, rows: 24 }): Terminal {
	let screen = "";
	const child = Bun.spawn([...command], {
		env: { ...process.env, TERM: "xterm", DOCKER_CONFIG: "/nonexistent" },
		terminal: {
			cols: size.columns,
			rows: size.rows,
			data(_terminal, data) {
				screen += Buffer.from(data).toString();
			},
		},
	});
	return {
		type: (text) => void child.terminal!.write(text),
		resize: (columns, rows) => child.terminal!.resize(columns, rows),
		shows: (text) =>
			eventually(() => {
				expect(screen).toMatch(text);
				return screen;
			}),
		ended: child.exited,
		end: () => child.kill("SIGKILL"),
	};
}
