import { EngineError, type ErrorCode } from "../../lib/index.ts";
import type { Digest } from "../../oci/index.ts";

/** A step of a build failed. The message is Docker's; what the step is stands beside it. */
export class StepFailed extends EngineError {
	/** Of the process that a RUN started. */
	readonly exitCode: number | undefined;
	/** The step's definition. */
	readonly vertex: Digest;
	/** `[2/3] RUN make`. */
	readonly step: string;
	/** Of the Dockerfile; 0: none. */
	readonly line: number;

	constructor(
		code: ErrorCode,
		message: string,
		at: {
			readonly vertex: Digest;
			readonly step: string;
			readonly line: number;
			readonly exitCode?: number | undefined;
			readonly cause?: unknown;
		},
	) {
		super(code, message, { cause: at.cause });
		this.name = "StepFailed";
		this.exitCode = at.exitCode;
		this.vertex = at.vertex;
		this.step = at.step;
		this.line = at.line;
	}
}

/** How a RUN's process ended when it was not well. */
export class CommandFailed extends EngineError {
	readonly exitCode: number;

	constructor(message: string, exitCode: number) {
		super("runtime_failed", message);
		this.exitCode = exitCode;
	}
}
