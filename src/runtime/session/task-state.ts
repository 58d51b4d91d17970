import { EngineError } from "../../lib/index.ts";
import type { ExecState } from "../contract.ts";
import { type Field, fieldOf, numberOf } from "./fields.ts";

/** What a STATUS reply says. */
export interface TaskState {
	readonly status: "created" | "running" | "exited";
	readonly pid: number | undefined;
	readonly startedAt: string | undefined;
	/** Log entries that a full disk swallowed. */
	readonly logDropped: number;
	readonly execs: readonly ExecState[];
}

export function parseTaskState(fields: readonly Field[]): TaskState {
	const firstExec = fields.findIndex(([key]) => key === "exec");
	const task = firstExec < 0 ? fields : fields.slice(0, firstExec);
	return {
		status: parseStatus(fieldOf(task, "status")),
		pid: fieldOf(task, "pid") === undefined ? undefined : numberOf(task, "pid"),
		startedAt: fieldOf(task, "started-at"),
		logDropped: numberOf(task, "log-dropped"),
		execs: firstExec < 0 ? [] : parseExecs(fields.slice(firstExec)),
	};
}

function parseStatus(text: string | undefined): TaskState["status"] {
	if (text === "created" || text === "running" || text === "exited") return text;
	throw new EngineError("corrupt", `the supervisor sent status ${JSON.stringify(text)}`);
}

/** Each `exec` begins a new one. */
function parseExecs(fields: readonly Field[]): ExecState[] {
	const groups: Field[][] = [];
	for (const field of fields) {
		if (field[0] === "exec") groups.push([]);
		groups.at(-1)!.push(field);
	}
	return groups.map((group) => {
		const exec = { id: group[0]![1], pid: numberOf(group, "exec-pid") };
		if (fieldOf(group, "exec-exit-code") === undefined) return { ...exec, status: "running" };
		return { ...exec, status: "exited", exitCode: numberOf(group, "exec-exit-code") };
	});
}
