import type { Engine } from "../client/index.ts";
import { writeError, writeOut } from "./terminal/output.ts";

/** What a command has to work with. */
export interface CommandContext {
	/** `hull run`: for messages. */
	readonly title: string;
	readonly environment: NodeJS.ProcessEnv;
	/** The engine that was chosen; started on demand at its default place. */
	engine(): Promise<Engine>;
	/** Folder of the client's configuration (`config.json` with registry credentials). */
	readonly configFolder: string;
	out(text: string): void;
	error(text: string): void;
	/** Prints the help of the command that the words name; gives the exit code. */
	explain(words: readonly string[]): Promise<number>;
}

/** What the global flags chose. */
export interface GlobalOptions {
	readonly host?: string;
	readonly config?: string;
	readonly debug: boolean;
}

export function createContext(
	title: string,
	options: GlobalOptions,
	explain: CommandContext["explain"],
): CommandContext {
	const environment = process.env;
	let engine: Promise<Engine> | undefined;
	return {
		title,
		environment,
		configFolder:
			options.config ?? environment["DOCKER_CONFIG"] ?? `${environment["HOME"] ?? "/root"}/.docker`,
		engine() {
			engine ??= import("./engine/select.ts").then(({ selectEngine }) =>
				selectEngine({ host: options.host, environment }),
			);
			return engine;
		},
		out: writeOut,
		error: writeError,
		explain,
	};
}
