/**
 * A Dockerfile's instructions as data. Words are as written: what may hold variables is filled in when the graph is
 * made, where their values are known. Dockerfile reference, https://docs.docker.com/reference/dockerfile/.
 */
import type { SourceRange } from "./error.ts";
import type { Heredoc } from "./heredoc.ts";

/** `exec`: the arguments themselves; `shell`: one text for the shell. */
export type CommandLine =
	| { readonly form: "exec"; readonly args: readonly string[] }
	| { readonly form: "shell"; readonly text: string };

interface Common {
	readonly range: SourceRange;
	/** The instruction as the history shows it. */
	readonly source: string;
}

export interface RunCommand extends Common {
	readonly kind: "run";
	readonly command: CommandLine;
	readonly heredocs: readonly Heredoc[];
	readonly mounts: readonly RunMount[];
	readonly network: "default" | "none" | "host";
	readonly security: "sandbox" | "insecure";
	/** CDI names (`vendor/class=name`), or `class`. */
	readonly devices: readonly { readonly name: string; readonly required: boolean }[];
}

export type RunMount =
	| {
			readonly type: "bind";
			readonly target: string;
			readonly source: string;
			readonly from?: string;
			readonly readOnly: boolean;
	  }
	| {
			readonly type: "cache";
			readonly target: string;
			/** Empty: the target. */
			readonly id: string;
			readonly source: string;
			readonly from?: string;
			readonly readOnly: boolean;
			readonly sharing: "shared" | "private" | "locked";
			readonly mode: number;
			readonly uid: string;
			readonly gid: string;
	  }
	| { readonly type: "tmpfs"; readonly target: string; readonly sizeBytes?: number }
	| {
			readonly type: "secret" | "ssh";
			readonly id: string;
			/** Empty: it is not a file. */
			readonly target: string;
			/** The variable that holds it. */
			readonly env: string;
			readonly required: boolean;
			readonly mode: number;
			readonly uid: string;
			readonly gid: string;
	  };

export interface CopyCommand extends Common {
	/** `add` also takes addresses and repositories, and unpacks archives. */
	readonly kind: "copy" | "add";
	readonly sources: readonly string[];
	/** Sources that stand in the Dockerfile: the heredoc's name is the file's. */
	readonly inline: readonly Heredoc[];
	readonly target: string;
	/** A stage, an image or a named context. */
	readonly from?: string;
	readonly chown: string;
	readonly chmod: string;
	readonly link: boolean;
	readonly parents: boolean;
	readonly excludes: readonly string[];
	readonly checksum: string;
	readonly keepGitDir: boolean;
	/** `undefined`: local archives are unpacked, fetched ones are not. */
	readonly unpack?: boolean;
}

export interface Pair {
	readonly key: string;
	readonly value: string;
}

export interface HealthCheck {
	/** `undefined`: `NONE`. */
	readonly command?: CommandLine;
	readonly intervalNanos: number;
	readonly timeoutNanos: number;
	readonly startPeriodNanos: number;
	readonly startIntervalNanos: number;
	readonly retries: number;
}

export type Command =
	| RunCommand
	| CopyCommand
	| (Common & { readonly kind: "env"; readonly pairs: readonly Pair[] })
	| (Common & { readonly kind: "label"; readonly pairs: readonly Pair[] })
	| (Common & { readonly kind: "arg"; readonly args: readonly Argument[] })
	| (Common & { readonly kind: "cmd" | "entrypoint"; readonly command: CommandLine })
	| (Common & { readonly kind: "expose"; readonly ports: readonly string[] })
	| (Common & { readonly kind: "volume"; readonly paths: readonly string[] })
	| (Common & { readonly kind: "user" | "stopsignal" | "maintainer"; readonly value: string })
	| (Common & { readonly kind: "workdir"; readonly value: string })
	| (Common & { readonly kind: "shell"; readonly args: readonly string[] })
	| (Common & { readonly kind: "healthcheck"; readonly check: HealthCheck })
	/** The instruction that an image built on this one begins with. */
	| (Common & { readonly kind: "onbuild"; readonly trigger: string });

/** `ARG name`, `ARG name=value`. */
export interface Argument {
	readonly key: string;
	readonly value?: string;
	/** From the comment above: `# name text`. */
	readonly comment?: string;
}

export interface Stage {
	/** `AS name`, in lower case; empty without one. */
	readonly name: string;
	/** As written: an image, an earlier stage, or `scratch`. */
	readonly base: string;
	readonly platform: string;
	readonly range: SourceRange;
	readonly source: string;
	readonly commands: readonly Command[];
	/** The comment above `FROM`: what the stage is for. */
	readonly comment: string;
}

export interface Dockerfile {
	readonly directives: { readonly syntax?: string; readonly escape: "\\" | "`"; readonly check?: string };
	/** `ARG` before the first stage. */
	readonly args: readonly Argument[];
	readonly stages: readonly Stage[];
}
