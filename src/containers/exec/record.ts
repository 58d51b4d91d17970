import { EngineError } from "../../lib/index.ts";

/** One exec, as it stands in the `execs` documents under its id. */
export interface ExecRecord {
	/** 64 hex digits. */
	readonly id: string;
	readonly containerId: string;
	readonly args: readonly string[];
	readonly env: readonly string[];
	readonly user: string;
	readonly workingDir: string;
	readonly privileged: boolean;
	readonly tty: boolean;
	readonly attachStdin: boolean;
	readonly attachStdout: boolean;
	readonly attachStderr: boolean;
	readonly detachKeys: string;
	readonly consoleSize?: readonly [height: number, width: number];
	readonly state: ExecRecordState;
}

export type ExecRecordState =
	| { readonly status: "created" }
	| { readonly status: "running"; readonly pid: number }
	| {
			readonly status: "exited";
			readonly pid: number;
			readonly exitCode: number;
			/** Milliseconds since 1970; ended execs are forgotten after a while. */
			readonly endedAtMs: number;
	  };

/** Checks what was stored before this daemon trusts it. */
export function parseExecRecord(value: unknown): ExecRecord {
	const record = value as ExecRecord;
	const status = record?.state?.status;
	const right =
		typeof record?.id === "string" &&
		typeof record.containerId === "string" &&
		Array.isArray(record.args) &&
		Array.isArray(record.env) &&
		(status === "created" || status === "running" || status === "exited");
	if (!right) throw new EngineError("corrupt", "exec record: a field is missing or of the wrong type");
	return record;
}
