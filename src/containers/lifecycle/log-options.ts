import type { ContainerConfig, HostConfig } from "../../api/index.ts";
import { parseDecimalBytes } from "../../api/syntax.ts";
import { EngineError } from "../../lib/index.ts";
import type { TaskLog } from "../../runtime/index.ts";

/** What the shim is told about a container's log. Errors: `invalid_argument` with Docker's texts. */
export function logOptions(
	logConfig: HostConfig["LogConfig"],
	config: Pick<ContainerConfig, "Labels" | "Env">,
): Omit<TaskLog, "path"> {
	const type = logConfig?.Type || "json-file";
	const options = logConfig?.Config ?? {};
	if (type === "none") return { driver: "none", maxSizeBytes: 0, maxFiles: 1, attrs: "" };
	if (type !== "json-file") throw invalid(`logger: no log driver named '${type}' is registered`);
	for (const [name, value] of Object.entries(options)) checkOption(name, value);
	const maxSizeBytes = parseMaxSize(options["max-size"]);
	return {
		driver: "json-file",
		maxSizeBytes,
		maxFiles: parseMaxFiles(options["max-file"], maxSizeBytes),
		attrs: attributes(options, config),
	};
}

const known = new Set(["max-size", "max-file", "labels", "labels-regex", "env", "env-regex"]);
/** Options whose default is what the engine does; other values of them are refused. */
const onlyDefault = new Map([
	["compress", "false"],
	["mode", "blocking"],
	["tag", ""],
]);
const defaultMaxSizeBytes = 10 * 1024 * 1024;
const defaultMaxFiles = 3;

function checkOption(name: string, value: string): void {
	if (known.has(name)) return;
	const accepted = onlyDefault.get(name);
	if (accepted === undefined) throw invalid(`unknown log opt '${name}' for json-file log driver`);
	if (value !== accepted) throw invalid(`log opt '${name}=${value}' is not supported yet`);
}

function parseMaxSize(text: string | undefined): number {
	if (text === undefined) return defaultMaxSizeBytes;
	if (text === "-1") return 0;
	const bytes = parseDecimalBytes(text);
	if (bytes <= 0) throw invalid(`max-size must be a positive number: ${text}`);
	return bytes;
}

function parseMaxFiles(text: string | undefined, maxSizeBytes: number): number {
	if (text === undefined) return maxSizeBytes === 0 ? 1 : defaultMaxFiles;
	if (!/^\d+$/.test(text)) throw invalid(`invalid value for max-file: ${text}`);
	const files = Number(text);
	if (files < 1) throw invalid("max-file cannot be less than 1");
	if (maxSizeBytes === 0 && files > 1)
		throw invalid("max-file cannot be more than 1 when max-size is not set");
	return files;
}

/** The `"attrs":{…}` member that each log line carries; keys sorted, as Go's encoder does. */
function attributes(
	options: Readonly<Record<string, string>>,
	config: Pick<ContainerConfig, "Labels" | "Env">,
): string {
	const found: Record<string, string> = {};
	const labels = matcher(options["labels"], options["labels-regex"]);
	for (const [name, value] of Object.entries(config.Labels ?? {})) if (labels(name)) found[name] = value;
	const env = matcher(options["env"], options["env-regex"]);
	for (const entry of config.Env ?? []) {
		const equals = entry.indexOf("=");
		if (equals > 0 && env(entry.slice(0, equals))) found[entry.slice(0, equals)] = entry.slice(equals + 1);
	}
	if (Object.keys(found).length === 0) return "";
	const sorted = Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
	return `"attrs":${JSON.stringify(sorted)}`;
}

function matcher(names: string | undefined, pattern: string | undefined): (name: string) => boolean {
	const exact = new Set((names ?? "").split(",").filter((name) => name !== ""));
	const regex = pattern === undefined ? undefined : compile(pattern);
	return (name) => exact.has(name) || regex?.test(name) === true;
}

function compile(pattern: string): RegExp {
	try {
		return new RegExp(pattern);
	} catch (cause) {
		throw new EngineError("invalid_argument", `invalid log option pattern: ${pattern}`, { cause });
	}
}

function invalid(message: string): EngineError {
	return new EngineError("invalid_argument", message);
}
