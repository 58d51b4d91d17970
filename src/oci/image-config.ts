import type { Digest, HistoryEntry, ImageConfigFile, ImageRunConfig } from "./image-spec.ts";
import {
	asArray,
	asBoolean,
	asInteger,
	asMap,
	asObject,
	asString,
	field,
	optional,
	parseJson,
	present,
	type Shape,
	wrong,
} from "./json-shape.ts";
import { readDigest } from "./manifest.ts";

/** Bytes of an image's config. */
export const maxConfigBytes = 8 * 1024 * 1024;
/** Docker's `max depth exceeded`. */
export const maxLayerDepth = 125;

/**
 * Reads a config blob. `corrupt`, naming the member, when its shape is wrong. Members that nobody here reads are not
 * kept; the blob itself is.
 * https://github.com/opencontainers/image-spec/blob/main/config.md
 */
export function parseImageConfig(bytes: Uint8Array, what: string): ImageConfigFile {
	const document = parseJson(bytes, what);
	return present({
		created: optional(field(document, "created"), readTime),
		author: optional(field(document, "author"), asString) || undefined,
		architecture: optional(field(document, "architecture"), asString) ?? "",
		os: optional(field(document, "os"), asString) || "linux",
		variant: optional(field(document, "variant"), asString) || undefined,
		config: optional(field(document, "config"), readRunConfig),
		rootfs: readRootfs(field(document, "rootfs")),
		history: optional(field(document, "history"), (list) => asArray(list, readHistory)),
		docker_version: optional(field(document, "docker_version"), asString) || undefined,
	});
}

function readRootfs(shape: Shape): { type: "layers"; diff_ids: Digest[] } {
	const type = field(shape, "type");
	if (type.value !== "layers") throw wrong(type, '"layers"');
	return {
		type: "layers",
		diff_ids: optional(field(shape, "diff_ids"), (list) => asArray(list, readDigest)) ?? [],
	};
}

/** The run configuration, as in a config file and in the Engine API. */
export function readRunConfig(shape: Shape): ImageRunConfig {
	return present({
		User: optional(field(shape, "User"), asString) || undefined,
		ExposedPorts: optional(field(shape, "ExposedPorts"), readSet),
		Env: optional(field(shape, "Env"), readStrings),
		Entrypoint: optional(field(shape, "Entrypoint"), readCommand),
		Cmd: optional(field(shape, "Cmd"), readCommand),
		Volumes: optional(field(shape, "Volumes"), readSet),
		WorkingDir: optional(field(shape, "WorkingDir"), asString) || undefined,
		Labels: optional(field(shape, "Labels"), (map) => asMap(map, asString)),
		StopSignal: optional(field(shape, "StopSignal"), asString) || undefined,
		ArgsEscaped: optional(field(shape, "ArgsEscaped"), asBoolean),
		Healthcheck: optional(field(shape, "Healthcheck"), readHealthcheck),
		OnBuild: optional(field(shape, "OnBuild"), readStrings),
		Shell: optional(field(shape, "Shell"), readStrings),
	});
}

function readStrings(shape: Shape): string[] {
	return asArray(shape, asString);
}

/** Docker's StrSlice: one string stands for a list of one. */
function readCommand(shape: Shape): string[] {
	return typeof shape.value === "string" ? [shape.value] : readStrings(shape);
}

/** Go's `map[string]struct{}`. */
function readSet(shape: Shape): Record<string, Record<string, never>> {
	return asMap(shape, (member) => {
		if (member.value !== null) asObject(member);
		return {};
	});
}

function readHealthcheck(shape: Shape): NonNullable<ImageRunConfig["Healthcheck"]> {
	return present({
		Test: optional(field(shape, "Test"), readStrings),
		Interval: optional(field(shape, "Interval"), asInteger),
		Timeout: optional(field(shape, "Timeout"), asInteger),
		StartPeriod: optional(field(shape, "StartPeriod"), asInteger),
		StartInterval: optional(field(shape, "StartInterval"), asInteger),
		Retries: optional(field(shape, "Retries"), asInteger),
	});
}

function readHistory(shape: Shape): HistoryEntry {
	return present({
		created: optional(field(shape, "created"), readTime),
		created_by: optional(field(shape, "created_by"), asString),
		author: optional(field(shape, "author"), asString),
		comment: optional(field(shape, "comment"), asString),
		empty_layer: optional(field(shape, "empty_layer"), asBoolean),
	});
}

function readTime(shape: Shape): string {
	const text = asString(shape);
	if (text.length > 64 || Number.isNaN(Date.parse(text))) throw wrong(shape, "a time as in RFC 3339");
	return text;
}
