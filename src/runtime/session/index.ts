export { Connection, type RequestFields } from "./connection.ts";
export { parseExitRecord } from "./exit-record.ts";
export { frameType } from "./frame.ts";
export { SupervisedTask, type TaskHull } from "./supervised-task.ts";
export { parseTaskState, type TaskState } from "./task-state.ts";
