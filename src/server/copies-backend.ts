import type { HullCopy, HullSnapshot } from "../api/index.ts";

/** Copies of machines that run: in more containers, or kept on disk. */
export interface CopiesBackend {
	fork(
		reference: string,
		request: { readonly count: number; readonly name?: string | undefined },
	): Promise<HullCopy[]>;
	createSnapshot(reference: string, request: { readonly name?: string | undefined }): Promise<HullSnapshot>;
	listSnapshots(): Promise<HullSnapshot[]>;
	restoreSnapshot(reference: string, request: { readonly name?: string | undefined }): Promise<HullCopy>;
	removeSnapshot(reference: string): Promise<void>;
}
