import { posix } from "node:path";
import { EngineError } from "../lib/index.ts";
import { parseIdmap } from "./idmap-syntax.ts";
import type { Mount } from "./schemas/host-config.ts";

/** A mount of a container as the engine understands it, whichever way it was written. */
export interface RequestedMount {
	readonly type: "bind" | "volume" | "image" | "tmpfs";
	/** Host path of a bind, name of a volume, reference of an image; empty for a tmpfs and a volume without a name. */
	readonly source: string;
	/** Absolute and clean, never `/`. */
	readonly destination: string;
	readonly readOnly: boolean;
	/** The mode as it was written in a `-v` value; inspect shows it. */
	readonly mode: string;
	/** Of a bind, `rprivate` when none was asked for; empty otherwise. */
	readonly propagation: string;
	/** A new volume gets the image's files at the destination. */
	readonly copyData: boolean;
	/** Empty when none was asked for. */
	readonly volumeDriver: string;
	/** Where it came from: decides what the engine does about a bind source that is missing. */
	readonly origin: "binds" | "mounts";
	/** The request's own mount, for `Mounts` in inspect and for options that only one type has. */
	readonly spec: Mount;
}

/**
 * One entry of `HostConfig.Binds`: `source:destination[:mode]` or `destination`. Modes, comma-separated and one of a
 * kind: rw ro · z Z · private rprivate slave rslave shared rshared · nocopy · consistent cached delegated ·
 * idmap[=uids=…;gids=…].
 * Errors: `invalid_argument` with moby's texts.
 */
export function parseBind(raw: string, volumeDriver = ""): RequestedMount {
	const specError = invalid(`invalid volume specification: '${raw}'`);
	const parts = raw.split(":");
	if (parts[0] === "" || parts.length > 3) throw specError;
	// `/foo:rw` has no destination.
	if (parts.length === 2 && isMode(parts[1]!)) throw specError;
	const [source, target] = parts.length === 1 ? ["", parts[0]!] : [parts[0]!, parts[1]!];
	const mode = parts[2] ?? "";
	if (!isMode(mode)) throw invalid(`invalid mode: ${mode}`);
	const spec = mountOfBind({ source, target, mode, volumeDriver });
	try {
		return { ...parseMount(spec), mode, origin: "binds" };
	} catch (error) {
		if (!(error instanceof EngineError)) throw error;
		throw invalid(`invalid volume specification: '${raw}': ${error.message}`);
	}
}

/**
 * One entry of `HostConfig.Mounts`. Whether a bind's source exists is for the caller to see
 * ({@link missingBindSource}). Errors: `invalid_argument` with moby's texts; `not_implemented` for cluster and npipe
 * mounts.
 */
export function parseMount(spec: Mount): RequestedMount {
	const fail = (problem: string) => invalidMount(spec, problem);
	assertOptionsOfType(spec, fail);
	const target = spec.Target ?? "";
	if (target === "") throw fail("field Target must not be empty");
	if (posix.normalize(target) === "/") throw fail("invalid specification: destination can't be '/'");
	assertAbsolute(target, fail);
	const common = {
		destination: cleanPath(target),
		readOnly: spec.ReadOnly ?? false,
		mode: "",
		origin: "mounts",
		spec,
	} as const;
	switch (spec.Type) {
		case "bind":
			return { ...common, ...bindOf(spec, fail) };
		case "volume":
			return { ...common, ...volumeOf(spec, fail) };
		case "tmpfs":
			if (spec.Source) throw fail("field Source must not be specified");
			tmpfsMountOptions(spec);
			return { ...common, type: "tmpfs", source: "", propagation: "", copyData: false, volumeDriver: "" };
		case "image":
			return { ...common, ...imageOf(spec, fail) };
		case "cluster":
		case "npipe":
			throw new EngineError(
				"not_implemented",
				`mounts of type ${JSON.stringify(spec.Type)} are not supported`,
			);
		default:
			throw fail("mount type unknown");
	}
}

/** Docker's answer to a `--mount type=bind` whose source is not there. */
export function missingBindSource(mount: RequestedMount): EngineError {
	return invalidMount(mount.spec, `bind source path does not exist: ${mount.source}`);
}

/** One entry of `HostConfig.VolumesFrom`: `container[:mode]`. */
export function parseVolumesFrom(spec: string): { readonly container: string; readonly readOnly: boolean } {
	if (spec === "") throw invalid("volumes-from specification cannot be an empty string");
	const colon = spec.indexOf(":");
	const container = colon < 0 ? spec : spec.slice(0, colon);
	const mode = colon < 0 ? "" : spec.slice(colon + 1);
	const options = mode.split(",");
	if (
		!isMode(mode) ||
		options.some((option) => propagations.has(option) || option === "nocopy" || isIdmap(option))
	)
		throw invalid(`invalid mode: ${mode}`);
	return { container, readOnly: options.includes("ro") };
}

/** Options of mount(2) for a `--mount type=tmpfs`: `ro`, `mode=1777`, `size=64m`. */
export function tmpfsMountOptions(spec: Mount): string[] {
	const { SizeBytes: size = 0, Mode: mode = 0, Options: extra = [] } = spec.TmpfsOptions ?? {};
	const options = spec.ReadOnly ? ["ro"] : [];
	if (mode !== 0) options.push(`mode=${mode.toString(8)}`);
	if (size !== 0) options.push(`size=${sizeWithSuffix(size)}`);
	for (const option of extra) {
		if (option.length < 1 || option.length > 2) throw invalidMount(spec, "invalid option array length");
		if (option[0] !== "exec" && option[0] !== "noexec")
			throw invalidMount(spec, `invalid option: ${option[0]}`);
		options.push(option.join("="));
	}
	return options;
}

type Fail = (problem: string) => EngineError;
type Typed = Pick<RequestedMount, "type" | "source" | "propagation" | "copyData" | "volumeDriver">;

function mountOfBind(bind: { source: string; target: string; mode: string; volumeDriver: string }): Mount {
	const options = bind.mode.split(",");
	const type = bind.source.startsWith("/") ? "bind" : "volume";
	const spec: Mount = {
		Type: type,
		Source: bind.source,
		Target: bind.target,
		ReadOnly: options.includes("ro"),
	};
	if (bind.volumeDriver !== "" && type === "volume")
		spec.VolumeOptions = { DriverConfig: { Name: bind.volumeDriver } };
	if (options.includes("nocopy")) spec.VolumeOptions = { ...spec.VolumeOptions, NoCopy: true };
	const propagation = options.find((option) => propagations.has(option));
	if (propagation !== undefined) spec.BindOptions = { Propagation: propagation };
	const idmap = options.find(isIdmap);
	if (idmap !== undefined)
		spec.BindOptions = { ...spec.BindOptions, HullIdmap: idmap.slice("idmap=".length) };
	return spec;
}

function bindOf(spec: Mount, fail: Fail): Typed {
	const source = spec.Source ?? "";
	if (source === "") throw fail("field Source must not be empty");
	const propagation = spec.BindOptions?.Propagation || "rprivate";
	if (!propagations.has(propagation)) throw fail(`invalid propagation mode: ${propagation}`);
	assertAbsolute(source, fail);
	const { HullIdmap: idmap } = spec.BindOptions ?? {};
	if (idmap !== undefined) parseIdmap(idmap);
	return { type: "bind", source: cleanPath(source), propagation, copyData: false, volumeDriver: "" };
}

function imageOf(spec: Mount, fail: Fail): Typed {
	const source = spec.Source ?? "";
	if (source === "") throw fail("field Source must not be empty");
	if (!isLocalPath(spec.ImageOptions?.Subpath ?? ""))
		throw fail("subpath must be a relative path within the image");
	return { type: "image", source, propagation: "", copyData: false, volumeDriver: "" };
}

function volumeOf(spec: Mount, fail: Fail): Typed {
	const subpath = spec.VolumeOptions?.Subpath ?? "";
	if (subpath !== "") {
		if (!spec.Source) throw fail("must not set Subpath when using anonymous volumes");
		if (!isLocalPath(subpath)) throw fail("subpath must be a relative path within the volume");
	}
	return {
		type: "volume",
		source: spec.Source ?? "",
		propagation: "",
		copyData: spec.VolumeOptions?.NoCopy !== true,
		volumeDriver: spec.VolumeOptions?.DriverConfig?.Name ?? "",
	};
}

function assertOptionsOfType(spec: Mount, fail: Fail): void {
	const groups = [
		["BindOptions", "bind"],
		["VolumeOptions", "volume"],
		["ImageOptions", "image"],
		["TmpfsOptions", "tmpfs"],
	] as const;
	for (const [field, type] of groups) {
		if (spec[field] !== undefined && spec.Type !== type) throw fail(`field ${field} must not be specified`);
	}
}

function assertAbsolute(path: string, fail: Fail): void {
	if (path.includes("\0")) throw fail(`invalid mount path: ${JSON.stringify(path)}`);
	if (!path.startsWith("/")) throw fail(`invalid mount path: '${path}' mount path must be absolute`);
}

/** As Go's path.Clean: no trailing slash, no empty, `.` or `..` elements. */
function cleanPath(path: string): string {
	const normal = posix.normalize(path);
	return normal.length > 1 && normal.endsWith("/") ? normal.slice(0, -1) : normal;
}

function isLocalPath(path: string): boolean {
	return !path.startsWith("/") && !`${posix.normalize(path)}/`.startsWith("../") && !path.includes("\0");
}

const propagations = new Set(["private", "rprivate", "slave", "rslave", "shared", "rshared"]);
const modeKinds: readonly ReadonlySet<string>[] = [
	new Set(["rw", "ro"]),
	new Set(["z", "Z"]),
	propagations,
	new Set(["nocopy"]),
	new Set(["consistent", "cached", "delegated"]),
	new Set(["idmap"]),
];

function isIdmap(option: string): boolean {
	return option === "idmap" || option.startsWith("idmap=");
}

function isMode(mode: string): boolean {
	if (mode === "") return true;
	const names = mode.split(",").map((option) => (isIdmap(option) ? "idmap" : option));
	const kinds = names.map((name) => modeKinds.findIndex((kind) => kind.has(name)));
	return !kinds.includes(-1) && new Set(kinds).size === kinds.length;
}

function sizeWithSuffix(bytes: number): string {
	for (const [suffix, divisor] of [
		["g", 2 ** 30],
		["m", 2 ** 20],
		["k", 2 ** 10],
	] as const) {
		if (bytes % divisor === 0) return `${bytes / divisor}${suffix}`;
	}
	return String(bytes);
}

function invalidMount(spec: Mount, problem: string): EngineError {
	return invalid(`invalid mount config for type ${JSON.stringify(spec.Type ?? "")}: ${problem}`);
}

function invalid(message: string): EngineError {
	return new EngineError("invalid_argument", message);
}
