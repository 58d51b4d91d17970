import { isIP } from "node:net";
import { parseMemoryBytes } from "../../../../api/syntax.ts";

/** Converters for single values of create flags; the errors are worded as docker's. */

export function parseAttachStream(text: string): "stdin" | "stdout" | "stderr" {
	const name = text.toLowerCase();
	if (name !== "stdin" && name !== "stdout" && name !== "stderr")
		throw new Error("valid streams are STDIN, STDOUT and STDERR");
	return name;
}

/** `name:ip`, `name=ip`, `name:host-gateway`. */
export function parseExtraHost(text: string): string {
	const match = /^([^:=]+)[:=](.+)$/.exec(text);
	if (match === null) throw new Error(`bad format for add-host: ${JSON.stringify(text)}`);
	const address = match[2]!.replace(/^\[(.*)\]$/, "$1");
	if (address !== "host-gateway" && isIP(address) === 0)
		throw new Error(`invalid IP address in add-host: ${JSON.stringify(address)}`);
	return `${match[1]}:${address}`;
}

export function parseDnsServer(text: string): string {
	const address = text.trim();
	if (isIP(address) === 0) throw new Error(`IP address is not correctly formatted: ${text}`);
	return address;
}

export function parseDnsSearch(text: string): string {
	const domain = text.trim();
	if (domain === ".") return domain;
	const label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
	if (domain.length > 255 || !new RegExp(`^${label}(?:\\.${label})*$`).test(domain))
		throw new Error(`${domain} is not a valid domain`);
	return domain;
}

/** `key=value`; the value is empty without `=`. */
export function parsePair(text: string): readonly [key: string, value: string] {
	const equals = text.indexOf("=");
	return equals < 0 ? [text, ""] : [text.slice(0, equals), text.slice(equals + 1)];
}

export function parseWeightDevice(text: string): { Path: string; Weight: number } {
	const { path, rest } = deviceAndRest(text);
	const weight = Number(rest);
	if (!Number.isInteger(weight) || (weight > 0 && (weight < 10 || weight > 1000)) || weight < 0)
		throw new Error(`invalid weight for device: ${text}`);
	return { Path: path, Weight: weight };
}

export function parseDeviceBytes(text: string): { Path: string; Rate: number } {
	const { path, rest } = deviceAndRest(text);
	try {
		return { Path: path, Rate: parseMemoryBytes(rest) };
	} catch (cause) {
		throw new Error(
			`invalid rate for device: ${text}. The correct format is <device-path>:<number>[<unit>]. Number must be a positive integer. Unit is optional and can be kb, mb, or gb`,
			{ cause },
		);
	}
}

export function parseDeviceOperations(text: string): { Path: string; Rate: number } {
	const { path, rest } = deviceAndRest(text);
	const rate = Number(rest);
	if (rest === "" || !Number.isSafeInteger(rate) || rate < 0)
		throw new Error(
			`invalid rate for device: ${text}. The correct format is <device-path>:<number>. Number must be a positive integer`,
		);
	return { Path: path, Rate: rate };
}

function deviceAndRest(text: string): { path: string; rest: string } {
	const colon = text.indexOf(":");
	const path = colon < 0 ? text : text.slice(0, colon);
	if (colon < 0) throw new Error(`bad format: ${text}`);
	if (!path.startsWith("/dev/")) throw new Error(`bad format for device path: ${text}`);
	return { path, rest: text.slice(colon + 1) };
}

export function parseDeviceRule(text: string): string {
	if (!/^[acb] (?:\d+|\*):(?:\d+|\*) [rwm]{1,3}$/.test(text))
		throw new Error(`invalid device cgroup format '${text}'`);
	return text;
}

/** `name[:alias]`; the alias is the name when there is none. */
export function parseLink(text: string): string {
	if (text === "") throw new Error("empty string specified for links");
	if (text.split(":").length > 2) throw new Error(`bad format for links: ${text}`);
	return text;
}

const ulimitNames = [
	"core",
	"cpu",
	"data",
	"fsize",
	"locks",
	"memlock",
	"msgqueue",
	"nice",
	"nofile",
	"nproc",
	"rss",
	"rtprio",
	"rttime",
	"sigpending",
	"stack",
];

/** `nofile=1024[:2048]`; -1 is unlimited. */
export function parseUlimit(text: string): { Name: string; Hard: number; Soft: number } {
	const [name, limits, ...more] = text.split("=");
	if (limits === undefined || more.length > 0) throw new Error(`invalid ulimit argument: ${text}`);
	if (!ulimitNames.includes(name!)) throw new Error(`invalid ulimit type: ${name}`);
	const [soft, hard, ...rest] = limits.split(":").map(parseLimit);
	if (rest.length > 0)
		throw new Error(`too many limit value arguments - ${limits}, can only have up to two, \`soft[:hard]\``);
	const top = hard ?? soft!;
	if (top !== -1 && (soft! > top || soft === -1))
		throw new Error(`ulimit soft limit must be less than or equal to hard limit: ${soft} > ${top}`);
	return { Name: name!, Hard: top, Soft: soft! };
}

function parseLimit(text: string): number {
	const value = Number(text);
	if (text === "" || !Number.isInteger(value) || value < -1)
		throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
	return value;
}

const sysctlNames = [
	"kernel.msgmax",
	"kernel.msgmnb",
	"kernel.msgmni",
	"kernel.sem",
	"kernel.shmall",
	"kernel.shmmax",
	"kernel.shmmni",
	"kernel.shm_rmid_forced",
];

/** `name=value`, of the settings that belong to a namespace of the container. */
export function parseSysctl(text: string): readonly [key: string, value: string] {
	const [key, value] = parsePair(text);
	const allowed = sysctlNames.includes(key) || key.startsWith("net.") || key.startsWith("fs.mqueue.");
	if (!text.includes("=") || !allowed) throw new Error(`sysctl '${text}' is not allowed`);
	return [key, value];
}

/** `all`, a count, or `device=…,capabilities=…,driver=…,count=…,options=…`. */
export function parseGpus(text: string): GpuRequest {
	const request: GpuRequest = { Driver: "", Count: 0, DeviceIDs: [], Capabilities: [["gpu"]], Options: {} };
	for (const field of splitQuoted(text)) {
		const equals = field.indexOf("=");
		const key = equals < 0 ? "count" : field.slice(0, equals);
		applyGpuField(request, key, equals < 0 ? field : field.slice(equals + 1));
	}
	if (request.DeviceIDs.length === 0 && request.Count === 0) request.Count = 1;
	return request;
}

export interface GpuRequest {
	Driver: string;
	Count: number;
	DeviceIDs: string[];
	Capabilities: string[][];
	Options: Record<string, string>;
}

function applyGpuField(request: GpuRequest, key: string, value: string): void {
	switch (key) {
		case "driver":
			request.Driver = value;
			return;
		case "count":
			request.Count = gpuCount(value);
			return;
		case "device":
			request.DeviceIDs = value.split(",");
			return;
		case "capabilities":
			request.Capabilities = [[...value.split(","), "gpu"]];
			return;
		case "options":
			request.Options = Object.fromEntries(value.split(",").map(parsePair));
			return;
		default:
			throw new Error(`unexpected key '${key}' in '${key}=${value}'`);
	}
}

function gpuCount(text: string): number {
	if (text === "all") return -1;
	if (!/^[+-]?\d+$/.test(text))
		throw new Error(`invalid count (${text}): value must be either "all" or an integer`);
	return Number(text);
}

/** Fields between commas; those in double quotes may hold commas. */
function splitQuoted(text: string): string[] {
	return [...text.matchAll(/(?:"([^"]*)"|([^,]*))(?:,|$)/g)]
		.map((match) => match[1] ?? match[2]!)
		.filter((field) => field !== "");
}

export function refuse(why: string): (text: string) => never {
	return () => {
		throw new Error(why);
	};
}
