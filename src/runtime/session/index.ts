export { Connection, type RequestFields } from "./connection.ts";
export { parseExitRecord } from "./exit-record.ts";
export { type Field, fieldOf, numberOf } from "./fields.ts";
export { frameType } from "./frame.ts";
export { lendDescriptor, putTree, takeTree } from "./live-mount.ts";
export { streamPrepareFields } from "./prepare-fields.ts";
export { runningState } from "./running-state.ts";
export { startSupervisor } from "./start-supervisor.ts";
export { SupervisedTask, type TaskHull } from "./supervised-task.ts";
