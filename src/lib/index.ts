export { abortable, delay } from "./abort.ts";
export { syncDirectory, writeFileAtomic } from "./atomic-file.ts";
export {
	EngineError,
	type ErrorCode,
	errnoOf,
	errorCodes,
	isEngineError,
	translateSystemError,
} from "./errors.ts";
export { failpoint } from "./failpoint.ts";
export { KeyedLock } from "./keyed-lock.ts";
export { createLogger, type LogFields, type Logger, type LogLevel, Secret } from "./log.ts";
export { selfCommand } from "./self.ts";
