export { abortable, delay, inTime } from "./abort.ts";
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
export { gathered } from "./gathered.ts";
export { held } from "./held.ts";
export { KeyedLock } from "./keyed-lock.ts";
export { createLogger, type LogFields, type Logger, type LogLevel, Secret } from "./log.ts";
export { removeTree, removeTreeSync } from "./remove-tree.ts";
export { selfCommand } from "./self.ts";
export { Slots } from "./slots.ts";
export {
	BLOCK_SIZE as TAR_BLOCK_SIZE,
	type TarEntry,
	type TarEntryType,
	type TarExtent,
	type TarTime,
	tarEntry,
	tarName,
	tarText,
} from "./tar/entry.ts";
export { formatTarHeader, tarEnd, tarPadding } from "./tar/header-writer.ts";
export { type TarEvent, TarParser } from "./tar/parser.ts";
export { readTar, type TarItem, writeTar } from "./tar/streams.ts";
