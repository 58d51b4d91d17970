import type { Digest, ImageRunConfig, Platform } from "../../oci/index.ts";
import type { SourceRange } from "../dockerfile/error.ts";
import type { PlannedHistory } from "./graph.ts";
import type { Scope } from "./scope.ts";

/** Where the planning of a stage is. */
export interface StageState {
	/** `AS name`, or its number. */
	readonly name: string;
	readonly platform: Platform;
	/** The step whose tree the next one stands on. */
	tree: Digest;
	readonly config: ImageRunConfig;
	readonly scope: Scope;
	/** `--build-arg`. */
	readonly given: ReadonlyMap<string, string | undefined>;
	readonly globalArguments: ReadonlyMap<string, string>;
	readonly history: PlannedHistory[];
	/** `CMD` was said in this stage. */
	hasCommand: boolean;
	author: string;
	/** Of the instructions that make layers, for `[2/5]`. */
	position: number;
	readonly total: number;
	warnUnset(name: string, range: SourceRange): void;
}
