import type { Digest, Platform } from "../../oci/index.ts";
import type { Dockerfile } from "../dockerfile/commands.ts";
import type { SourceRange } from "../dockerfile/error.ts";
import type { BaseImage, PlanWarning, Step } from "./graph.ts";
import type { StageState } from "./stage-state.ts";

export interface PlanOptions {
	/** Empty: the last stage. */
	readonly target: string;
	readonly platform: Platform;
	/** Others are built beside it: steps are shown with theirs. */
	readonly isOneOfSeveral?: boolean;
	readonly buildArgs: ReadonlyMap<string, string | undefined>;
	readonly labels: Readonly<Record<string, string>>;
	readonly noCache: boolean | readonly string[];
	readonly network: "default" | "none" | "host";
	/** Names of contexts that are trees; they go before stages and images of the same name. */
	readonly contexts: ReadonlySet<string>;
	/** Images that stand for names. */
	readonly images: ReadonlyMap<string, string>;
	/** Finds an image, pulls it when it has to. Asked once for each that is needed. */
	resolve(reference: string, platform: Platform, range: SourceRange): Promise<BaseImage>;
}

/** Everything that the planning of one Dockerfile shares. */
export interface Planning {
	readonly dockerfile: Dockerfile;
	readonly options: PlanOptions;
	/** By definition, in the order of planning. */
	readonly steps: Map<Digest, Step>;
	readonly warnings: PlanWarning[];
	readonly stages: Map<number, Promise<StageState>>;
	readonly globalArguments: ReadonlyMap<string, string>;
	readonly images: Map<string, Promise<BaseImage>>;
}
