import { parseDecimalBytes } from "../../api/syntax.ts";
import { failedToInitialize, type LogOptions, parseBool, parseInteger, readOption } from "./values.ts";

/** How a log's files are kept. */
export interface LogFilePlan {
	/** A file reaching this size is rotated; 0 is unbounded. */
	readonly maxSizeBytes: number;
	/** Files kept, the current one included; at least 1. */
	readonly maxFiles: number;
	/** Rotated files are. */
	readonly compress: boolean;
}

/** Bounded where Docker's is not. */
const jsonFileDefaults = { maxSizeBytes: 10 * 1024 * 1024, maxFiles: 3 };
/** Docker's, for `local` and for the cache beside other drivers. */
const localDefaults = { maxSizeBytes: 20 * 1000 * 1000, maxFiles: 5 };

/** `--log-opt max-size`, `max-file` and `compress` of json-file. */
export function jsonFilePlan(options: LogOptions): LogFilePlan {
	const maxSizeBytes =
		options["max-size"] === "-1"
			? 0
			: (readOption(options["max-size"], parseDecimalBytes, failedToInitialize) ??
				jsonFileDefaults.maxSizeBytes);
	if (maxSizeBytes === 0 && options["max-size"] !== "-1")
		throw failedToInitialize("max-size must be a positive number");
	const maxFiles =
		readOption(options["max-file"], parseInteger, failedToInitialize) ??
		(maxSizeBytes === 0 ? 1 : jsonFileDefaults.maxFiles);
	if (maxFiles < 1) throw failedToInitialize("max-file cannot be less than 1");
	if (maxSizeBytes === 0 && maxFiles > 1)
		throw failedToInitialize("max-file cannot be more than 1 when max-size is not set");
	const compress = readOption(options["compress"], parseBool, failedToInitialize) ?? false;
	if (compress && (maxFiles < 2 || maxSizeBytes === 0))
		throw failedToInitialize("compress cannot be true when max-file is less than 2 or max-size is not set");
	return { maxSizeBytes, maxFiles: bounded(maxFiles), compress };
}

/** The same of `local`, and with `prefix` `cache-` of the cache. */
export function localFilePlan(options: LogOptions, prefix: "" | "cache-" = ""): LogFilePlan {
	const read = <Value>(name: string, parse: (text: string) => Value, words: (text: string) => string) =>
		readOption(options[`${prefix}${name}`], parse, (reason) =>
			failedToInitialize(`${words(options[`${prefix}${name}`]!)}: ${reason}`),
		);
	const maxSizeBytes =
		read("max-size", parseDecimalBytes, (text) => `invalid value for ${prefix}max-size: ${text}`) ||
		localDefaults.maxSizeBytes;
	const maxFiles =
		read("max-file", parseInteger, (text) => `invalid value for ${prefix}max-file: ${text}`) ??
		localDefaults.maxFiles;
	const compress = read("compress", parseBool, () => `error reading ${prefix}compress log option`);
	if (maxFiles < 0) throw failedToInitialize("max file count must be greater than 0");
	if (maxFiles < 2 && compress !== false)
		throw failedToInitialize("compression cannot be enabled when max file count is 1");
	return { maxSizeBytes, maxFiles: bounded(Math.max(maxFiles, 1)), compress: compress ?? true };
}

/** As many as the supervisor counts. */
function bounded(maxFiles: number): number {
	if (maxFiles > 10_000) throw failedToInitialize("max-file cannot be more than 10000");
	return maxFiles;
}
