import { isAbsolute, resolve } from "node:path";
import { EngineError } from "../lib/index.ts";
import { parseCsvRecord } from "./csv-record.ts";
import { parseMemoryBytes } from "./memory-size.ts";
import type { Mount } from "./schemas/host-config.ts";

/**
 * One `--mount` value: comma-separated `key=value` pairs (`type=bind,src=/a,dst=/b,ro`). The type is `volume` when
 * none is given; a relative source that starts with a dot is taken from `cwd`. What the engine must check (types,
 * paths that exist) is left to it. Errors: `invalid_argument` with docker/cli's texts.
 */
export function parseMountFlag(value: string, cwd = "/"): Mount {
	const text = value.trim();
	if (text === "") throw invalid("value is empty");
	const mount: Mount = { Type: "volume" };
	for (const field of parseCsvRecord(text)) applyField(mount, field, cwd);
	assertOptionsFitType(mount);
	return mount;
}

/** What a `-v` value becomes in a create request: an entry of `HostConfig.Binds` or a key of `Volumes`. */
export type VolumeFlag =
	| { readonly kind: "bind"; readonly bind: string }
	| { readonly kind: "anonymous"; readonly target: string };

/**
 * One `-v` value, `[source:]target[:mode]`. A source that starts with a dot is taken from `cwd`; everything else is
 * handed to the engine as it is. Errors: `invalid_argument` with docker/cli's texts.
 */
export function parseVolumeFlag(value: string, cwd = "/"): VolumeFlag {
	if (value === "") throw invalid("invalid empty volume spec");
	if (value.length <= 2) return { kind: "anonymous", target: value };
	const sections = value.split(":");
	if (sections.includes("")) throw invalid(`invalid spec: ${value}: empty section between colons`);
	if (sections.length > 3) throw invalid(`invalid spec: ${value}: too many colons`);
	const [source, ...rest] = sections as [string, ...string[]];
	if (rest.length === 0) return { kind: "anonymous", target: source };
	const absolute = source.startsWith(".") ? resolve(cwd, source) : source;
	return { kind: "bind", bind: [absolute, ...rest].join(":") };
}

const withoutValue = new Set([
	"readonly",
	"ro",
	"volume-nocopy",
	"bind-nonrecursive",
	"bind-create-src",
	"idmap",
]);

function applyField(mount: Mount, field: string, cwd: string): void {
	const equals = field.indexOf("=");
	const name = equals < 0 ? field : field.slice(0, equals);
	const value = equals < 0 ? undefined : field.slice(equals + 1);
	if (name.trim() !== name)
		throw invalid(`invalid option '${name.trim()}' in '${field}': option should not have whitespace`);
	if (value?.trim() === "") throw invalid(`invalid value for '${name}': value is empty`);
	if (value !== undefined && value.trim() !== value)
		throw invalid(`invalid value for '${name}' in '${field}': value should not have whitespace`);
	const key = name.toLowerCase();
	if (value === undefined && !withoutValue.has(key))
		throw invalid(`invalid field '${field}' must be a key=value pair`);
	const apply = fields.get(key);
	if (apply === undefined) throw invalid(`unknown option '${key}' in '${field}'`);
	apply(mount, { key, value, cwd });
}

interface FieldContext {
	readonly key: string;
	readonly value: string | undefined;
	readonly cwd: string;
}

/** Changes the mount; what it gives back is ignored. */
type ApplyField = (mount: Mount, context: FieldContext) => unknown;

/** Those that have no boolean form are only called with a value. */
const fields = new Map<string, ApplyField>([
	["type", (mount, { value }) => Object.assign(mount, { Type: value!.toLowerCase() })],
	["source", setSource],
	["src", setSource],
	["target", setTarget],
	["dst", setTarget],
	["destination", setTarget],
	["readonly", setReadOnly],
	["ro", setReadOnly],
	["consistency", (mount, { value }) => Object.assign(mount, { Consistency: value!.toLowerCase() })],
	[
		"bind-propagation",
		(mount, { value }) => Object.assign(bindOptions(mount), { Propagation: value!.toLowerCase() }),
	],
	["bind-nonrecursive", refuseNonRecursive],
	["bind-recursive", setRecursive],
	[
		"bind-create-src",
		(mount, context) => Object.assign(bindOptions(mount), { CreateMountpoint: booleanOf(context) }),
	],
	// Hull's own, as podman writes it.
	["idmap", (mount, { value = "" }) => Object.assign(bindOptions(mount), { HullIdmap: value })],
	["volume-subpath", (mount, { value }) => Object.assign(volumeOptions(mount), { Subpath: value! })],
	["volume-nocopy", (mount, context) => Object.assign(volumeOptions(mount), { NoCopy: booleanOf(context) })],
	["volume-label", setVolumeLabel],
	["volume-driver", (mount, { value }) => Object.assign(driverConfig(mount), { Name: value! })],
	["volume-opt", setVolumeOption],
	["image-subpath", setImageSubpath],
	["tmpfs-size", setTmpfsSize],
	["tmpfs-mode", setTmpfsMode],
]);

function setSource(mount: Mount, { value, cwd }: FieldContext): void {
	mount.Source = !isAbsolute(value!) && value!.startsWith(".") ? resolve(cwd, value!) : value!;
}

function setTarget(mount: Mount, { value }: FieldContext): void {
	mount.Target = value!;
}

function setReadOnly(mount: Mount, context: FieldContext): void {
	mount.ReadOnly = booleanOf(context);
}

function refuseNonRecursive(): void {
	throw invalid("bind-nonrecursive is deprecated, use bind-recursive=disabled instead");
}

function setRecursive(mount: Mount, { key, value }: FieldContext): void {
	switch (value) {
		case "enabled":
			return;
		case "disabled":
			bindOptions(mount).NonRecursive = true;
			return;
		case "writable":
			bindOptions(mount).ReadOnlyNonRecursive = true;
			return;
		case "readonly":
			bindOptions(mount).ReadOnlyForceRecursive = true;
			return;
		default:
			throw invalid(
				`invalid value for ${key}: ${value} (must be "enabled", "disabled", "writable", or "readonly")`,
			);
	}
}

function setVolumeLabel(mount: Mount, { value }: FieldContext): void {
	const options = volumeOptions(mount);
	options.Labels = withPair(options.Labels, value!);
}

function setVolumeOption(mount: Mount, { value }: FieldContext): void {
	const driver = driverConfig(mount);
	driver.Options = withPair(driver.Options, value!);
}

function setImageSubpath(mount: Mount, { value }: FieldContext): void {
	mount.ImageOptions ??= {};
	mount.ImageOptions.Subpath = value!;
}

function setTmpfsSize(mount: Mount, { key, value }: FieldContext): void {
	mount.TmpfsOptions ??= {};
	try {
		mount.TmpfsOptions.SizeBytes = parseMemoryBytes(value!);
	} catch (cause) {
		throw new EngineError("invalid_argument", `invalid value for ${key}: ${value}`, { cause });
	}
}

function setTmpfsMode(mount: Mount, { key, value }: FieldContext): void {
	const mode = /^[0-7]{1,11}$/.test(value!) ? Number.parseInt(value!, 8) : Number.NaN;
	if (!(mode <= 0xffff_ffff)) throw invalid(`invalid value for ${key}: ${value}`);
	mount.TmpfsOptions ??= {};
	mount.TmpfsOptions.Mode = mode;
}

function booleanOf({ key, value }: FieldContext): boolean {
	if (value === undefined || value === "1" || value === "true") return true;
	if (value === "0" || value === "false") return false;
	throw invalid(
		`invalid value for '${key}': invalid boolean value (${JSON.stringify(value)}): ` +
			`must be one of "true", "1", "false", or "0" (default "true")`,
	);
}

function withPair(
	pairs: Record<string, string> | undefined,
	text: string,
): Record<string, string> | undefined {
	const equals = text.indexOf("=");
	const key = equals < 0 ? text : text.slice(0, equals);
	if (key === "") return pairs;
	// A null prototype, so that a label called __proto__ is a label.
	const result: Record<string, string> = Object.assign(Object.create(null), pairs);
	result[key] = equals < 0 ? "" : text.slice(equals + 1);
	return result;
}

function bindOptions(mount: Mount): NonNullable<Mount["BindOptions"]> {
	mount.BindOptions ??= {};
	return mount.BindOptions;
}

function volumeOptions(mount: Mount): NonNullable<Mount["VolumeOptions"]> {
	mount.VolumeOptions ??= {};
	return mount.VolumeOptions;
}

function driverConfig(mount: Mount): NonNullable<NonNullable<Mount["VolumeOptions"]>["DriverConfig"]> {
	const options = volumeOptions(mount);
	options.DriverConfig ??= {};
	return options.DriverConfig;
}

function assertOptionsFitType(mount: Mount): void {
	const groups = [
		["bind", mount.BindOptions],
		["volume", mount.VolumeOptions],
		["image", mount.ImageOptions],
		["tmpfs", mount.TmpfsOptions],
	] as const;
	for (const [type, options] of groups) {
		if (options !== undefined && mount.Type !== type)
			throw invalid(`cannot mix '${type}-*' options with mount type '${mount.Type}'`);
	}
	assertRecursionFits(mount);
}

function assertRecursionFits({ BindOptions: bind, ReadOnly: readOnly }: Mount): void {
	const needs = (mode: string, other: string) =>
		invalid(`option 'bind-recursive=${mode}' requires '${other}' to be specified in conjunction`);
	if (bind?.ReadOnlyNonRecursive && !readOnly) throw needs("writable", "readonly");
	if (!bind?.ReadOnlyForceRecursive) return;
	if (!readOnly) throw needs("readonly", "readonly");
	if (bind.Propagation !== "rprivate") throw needs("readonly", "bind-propagation=rprivate");
}

function invalid(message: string): EngineError {
	return new EngineError("invalid_argument", message);
}
