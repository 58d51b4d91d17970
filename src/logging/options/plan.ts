import { parseMemoryBytes } from "../../api/syntax.ts";
import type { Destination } from "./destination.ts";
import { fluentdDestination } from "./fluentd.ts";
import { gelfDestination } from "./gelf.ts";
import { jsonFilePlan, type LogFilePlan, localFilePlan } from "./log-file.ts";
import { chosenAttributes, commandLine, type LogSubject, tagOf } from "./subject.ts";
import { syslogDestination } from "./syslog.ts";
import {
	assertKnown,
	failedToInitialize,
	invalid,
	type LogOptions,
	parseBool,
	readOption,
} from "./values.ts";

/** Drivers by their names, as `docker info` lists them. */
export const logDrivers = ["fluentd", "gelf", "json-file", "local", "none", "syslog"] as const;

export interface LogConfig {
	readonly Type?: string;
	readonly Config?: LogOptions;
}

/** Where and how a container's output is kept; `undefined` file: nowhere. */
export interface LogPlan {
	readonly driver: (typeof logDrivers)[number];
	readonly file: (LogFilePlan & { readonly name: string; readonly exact: boolean }) | undefined;
	/** In each entry, sorted. */
	readonly attrs: Readonly<Record<string, string>>;
	/** `docker logs` shows it. */
	readonly readable: boolean;
	/** What `docker inspect` calls LogPath; the files of other drivers are the engine's own. */
	readonly inspectable: boolean;
	/** The server that it goes to. */
	readonly destination?: Destination & { readonly tag: string; readonly command: string };
	/** The container waits rather than that anything is lost. */
	readonly blocking?: boolean;
}

const attributeOptions = ["labels", "labels-regex", "env", "env-regex"];
/** What every driver takes. */
const cacheOptions = ["cache-disabled", "cache-max-size", "cache-max-file", "cache-compress"];
const modeOptions = ["mode", "max-buffer-size"];
const shared = ["tag", ...attributeOptions, ...cacheOptions, ...modeOptions];
/** Where nothing is to be read, the files hold what waits for the server. */
const bufferFiles = { maxSizeBytes: 20 * 1000 * 1000, maxFiles: 2, compress: false };

/** Decides what becomes of a container's output. Errors: `invalid_argument` with Docker's texts. */
export function planLog(config: LogConfig | undefined, subject: LogSubject): LogPlan {
	const options = config?.Config ?? {};
	checkMode(options);
	readOption(options["cache-disabled"], parseBool, () =>
		invalid(`invalid value for option cache-disabled: ${options["cache-disabled"]}`),
	);
	switch (config?.Type || "json-file") {
		case "none":
			return { driver: "none", file: undefined, attrs: {}, readable: false, inspectable: false };
		case "json-file":
			refuseNonBlocking(options);
			return jsonFile(options, subject);
		case "local":
			refuseNonBlocking(options);
			return local(options, subject);
		case "syslog":
			return remote("syslog", syslogDestination(options, shared), options, subject);
		case "gelf":
			return remote("gelf", gelfDestination(options, shared), options, subject);
		case "fluentd":
			return remote("fluentd", fluentdDestination(options, shared), options, subject);
		default:
			throw invalid(`logger: no log driver named '${config!.Type}' is registered`);
	}
}

/** The same for an engine's defaults, before there is a container. */
export function checkLogDefaults(config: LogConfig): void {
	const nobody = { id: "0".repeat(64), name: "", imageId: "", imageName: "", entrypoint: "", args: [] };
	planLog(config, { ...nobody, createdAt: "", labels: {}, env: [] });
}

function jsonFile(options: LogOptions, subject: LogSubject): LogPlan {
	const known = ["max-size", "max-file", "compress", "tag", ...attributeOptions];
	assertKnown(
		options,
		new Set([...known, ...cacheOptions, ...modeOptions]),
		(name) => `unknown log opt '${name}' for json-file log driver`,
	);
	const tag: Record<string, string> = options["tag"] ? { tag: tagOf(options, subject) } : {};
	return {
		driver: "json-file",
		file: { ...jsonFilePlan(options), name: `${subject.id}-json.log`, exact: false },
		attrs: { ...chosenAttributes(options, subject), ...tag },
		readable: true,
		inspectable: true,
	};
}

function local(options: LogOptions, subject: LogSubject): LogPlan {
	assertKnown(
		options,
		new Set(["max-size", "max-file", "compress", ...cacheOptions, ...modeOptions]),
		(name) => `unknown log opt '${name}' for log driver local`,
	);
	return {
		driver: "local",
		file: { ...localFilePlan(options), name: `${subject.id}-local.log`, exact: true },
		attrs: {},
		readable: true,
		inspectable: false,
	};
}

/** What goes to a server stands in files first: `docker logs` reads them, and what is not shipped waits there. */
function remote(
	driver: "syslog" | "gelf" | "fluentd",
	destination: Destination,
	options: LogOptions,
	subject: LogSubject,
): LogPlan {
	const readable = options["cache-disabled"] === undefined || !parseBool(options["cache-disabled"]);
	const cache = localFilePlan(options, "cache-");
	const limit = options["max-buffer-size"];
	return {
		driver,
		file: { ...(readable ? cache : bufferFiles), name: `${subject.id}-cached.log`, exact: true },
		attrs: chosenAttributes(options, subject),
		readable,
		inspectable: false,
		destination: {
			...destination,
			...(limit === undefined ? {} : { maxLagBytes: parseMemoryBytes(limit) }),
			tag: tagOf(options, subject),
			command: commandLine(subject),
		},
		blocking: options["mode"] === "blocking",
	};
}

function checkMode(options: LogOptions): void {
	const { mode = "", "max-buffer-size": size } = options;
	if (mode !== "" && mode !== "blocking" && mode !== "non-blocking")
		throw invalid(`logger: logging mode not supported: ${mode}`);
	if (size !== undefined && mode !== "non-blocking")
		throw invalid("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
	readOption(size, parseMemoryBytes, (reason) => invalid(`error parsing option max-buffer-size: ${reason}`));
}

/** A log in files is written by the supervisor itself. */
function refuseNonBlocking({ mode }: LogOptions): void {
	if (mode === "non-blocking")
		throw failedToInitialize("log opt 'mode=non-blocking' is not supported yet for logs in files");
}
