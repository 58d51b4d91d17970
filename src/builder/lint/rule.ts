import type { Platform } from "../../oci/index.ts";
import type { Dockerfile } from "../dockerfile/commands.ts";
import type { Directives } from "../dockerfile/directives.ts";
import type { SourceRange } from "../dockerfile/error.ts";
import type { LogicalLine } from "../dockerfile/logical-lines.ts";

/** A build check: https://docs.docker.com/reference/build-checks/. */
export interface Rule {
	/** `StageNameCasing`. */
	readonly name: string;
	/** Off unless the `check` directive asks for it. */
	readonly isExperimental?: boolean;
	check(source: LintSource): readonly Finding[];
}

export interface Finding {
	readonly message: string;
	readonly range: SourceRange;
}

/** A Dockerfile as the checks see it: what it means, and how it is written. */
export interface LintSource {
	readonly lines: readonly LogicalLine[];
	readonly directives: Directives;
	readonly dockerfile: Dockerfile;
	readonly options: LintOptions;
}

export interface LintOptions {
	readonly buildArgs: ReadonlyMap<string, string | undefined>;
	/** The text of `.dockerignore`. */
	readonly ignore?: string;
	/** Platform of the build. */
	readonly platform?: Platform;
	/** What is known of a base image; `undefined`: nothing. */
	readonly image?: (reference: string) => KnownImage | undefined;
}

export interface KnownImage {
	/** `NAME=value`. */
	readonly env: readonly string[];
	readonly platform: Platform;
}
