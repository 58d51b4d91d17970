export { formatLogEntry, type LogEntry, parseLogEntry, timeOf } from "./files/entry.ts";
export { createLineReader } from "./files/line-reader.ts";
export { frozen, isCurrent, type LogFile, openLogFiles } from "./files/log-files.ts";
export { LogSequence } from "./files/sequence.ts";
export { findTail } from "./files/tail.ts";
export { type FolderWatch, watchFolder } from "./files/watch-folder.ts";
export { findGzip } from "./gzip.ts";
export { type LogConfig, type LogPlan, logDrivers, planLog } from "./options/plan.ts";
export type { LogSubject } from "./options/subject.ts";
