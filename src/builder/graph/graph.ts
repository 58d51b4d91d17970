/**
 * What a Dockerfile comes to for one platform: steps, and the steps that they stand on. Pure data.
 *
 * A step's `definition` names it: it is made of what the step does and the definitions of its inputs, so that the same
 * step in two builds has one name. It says nothing of the content of files; that is the cache key's, when it runs.
 */
import type { Digest, ImageRunConfig, Platform } from "../../oci/index.ts";
import type { CommandLine, CopyCommand, RunMount } from "../dockerfile/commands.ts";

export interface Graph {
	/** In the order of the Dockerfile, each behind those that it needs. */
	readonly steps: readonly Step[];
	/** The one whose tree is the result. */
	readonly result: Digest;
	readonly config: ImageRunConfig;
	readonly history: readonly PlannedHistory[];
	/** `MAINTAINER`; empty without. */
	readonly author: string;
	readonly platform: Platform;
	/** Of the Dockerfile's `check` directive and of what was found while planning. */
	readonly warnings: readonly PlanWarning[];
}

export interface Step {
	readonly definition: Digest;
	/** `[build 2/5] RUN make`. */
	readonly name: string;
	/** Of the Dockerfile. */
	readonly line: number;
	/** Stage by number, for `--no-cache-filter` and for who reads. */
	readonly stage: string;
	readonly noCache: boolean;
	readonly operation: Operation;
}

/** A tree that a step reads from. */
export type Source =
	/** Another step's result. */
	| { readonly kind: "step"; readonly step: Digest }
	/** The main context is called `` (empty), others by their names. */
	| { readonly kind: "context"; readonly name: string };

export type Operation =
	| { readonly kind: "scratch" }
	| { readonly kind: "image"; readonly image: BaseImage }
	| RunOperation
	| CopyOperation
	/** A folder that is made when it is missing. */
	| { readonly kind: "folder"; readonly base: Digest; readonly path: string; readonly user: string };

export interface RunOperation {
	readonly kind: "run";
	readonly base: Digest;
	/** Of the stage: what its programs are for. */
	readonly platform: Platform;
	/** The command in full, the shell included. */
	readonly args: readonly string[];
	/** Files for the process, named by the argument that stands for them: here-documents. */
	readonly documents: readonly { readonly name: string; readonly content: string }[];
	readonly env: readonly string[];
	readonly workdir: string;
	readonly user: string;
	readonly mounts: readonly PlannedMount[];
	readonly network: "default" | "none" | "host";
	readonly security: "sandbox" | "insecure";
	readonly devices: readonly { readonly name: string; readonly required: boolean }[];
	/** As the user wrote it, for errors. */
	readonly shown: CommandLine;
}

export type PlannedMount =
	| (Extract<RunMount, { type: "tmpfs" | "secret" | "ssh" }> & { readonly from?: never })
	| (Omit<Extract<RunMount, { type: "bind" }>, "from"> & { readonly from: Source })
	| (Omit<Extract<RunMount, { type: "cache" }>, "from"> & { readonly from?: Source });

export interface CopyOperation {
	readonly kind: "copy";
	readonly base: Digest;
	readonly from: Source;
	/** Filled in; of ADD also addresses. */
	readonly sources: readonly string[];
	readonly documents: readonly { readonly name: string; readonly content: string }[];
	/** Absolute; with a slash at its end when it was written so. */
	readonly target: string;
	readonly options: Pick<
		CopyCommand,
		"chown" | "chmod" | "link" | "parents" | "excludes" | "checksum" | "keepGitDir" | "unpack"
	> & { readonly isAdd: boolean };
}

/** An image that a stage is based on or copied from, as it was found. */
export interface BaseImage {
	readonly reference: string;
	/** Image id. */
	readonly id: Digest;
	readonly chainId: Digest | undefined;
	readonly config: ImageRunConfig;
	readonly diffIds: readonly Digest[];
	readonly history: readonly {
		readonly created?: string;
		readonly created_by?: string;
		readonly comment?: string;
		readonly empty_layer?: boolean;
	}[];
	readonly platform: Platform;
}

export interface PlannedHistory {
	readonly createdBy: string;
	/** The step that made its layer; without one it made none. */
	readonly step?: Digest;
	/** Taken from the base. */
	readonly inherited?: { readonly created?: string; readonly comment?: string; readonly isEmpty: boolean };
}

export interface PlanWarning {
	readonly rule: string;
	readonly message: string;
	readonly line: number;
}
