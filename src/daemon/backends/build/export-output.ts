import type { HullBuildEvent } from "../../../api/index.ts";

/** Takes the events of an export that is a stream. */
export interface ExportOutput {
	push(event: HullBuildEvent): void;
	drained(): Promise<void>;
}
