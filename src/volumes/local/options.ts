import { parseMemoryBytes } from "../../api/syntax.ts";
import { EngineError } from "../../lib/index.ts";

/** What stands behind a volume's data folder. */
export type LocalBacking =
	/** The folder itself. */
	| { readonly kind: "folder" }
	/** Something that is mounted on it while containers run with it. `data` is mount(8)'s list of options. */
	| { readonly kind: "mount"; readonly type: string; readonly device: string; readonly data: string }
	/** A file system of its own, which bounds it. */
	| { readonly kind: "sized"; readonly sizeBytes: number };

/** Below this ext4 has hardly room for anything; above it the numbers of blocks need other options. */
const minSizeBytes = 2 ** 20;
const maxSizeBytes = 16 * 2 ** 40;

const known = new Set(["type", "o", "device", "size"]);
const needs: readonly (readonly [string, readonly string[]])[] = [
	["device", ["type"]],
	["type", ["device"]],
	["o", ["device", "type"]],
];

/**
 * The options of the `local` driver (`docker volume create --opt`), checked when the volume is created. Errors:
 * `invalid_argument` with Docker's texts.
 */
export function parseLocalOptions(options: Readonly<Record<string, string>>): LocalBacking {
	for (const option of Object.keys(options))
		if (!known.has(option)) throw invalid(`invalid option: ${JSON.stringify(option)}`);
	const { type, device, o: data = "", size } = options;
	for (const [option, others] of needs) {
		const missing = others.find((other) => !options[other]);
		if (options[option] && missing !== undefined)
			throw invalid(`missing required option: ${JSON.stringify(missing)}`);
	}
	if (!type || !device) return size === undefined ? { kind: "folder" } : sized(size);
	if (size !== undefined)
		throw invalid(
			`option "size" bounds what the engine stores itself: give the limit of type ${type} in option "o"`,
		);
	return { kind: "mount", type, device, data };
}

function sized(text: string): LocalBacking {
	const sizeBytes = bytesOf(text);
	if (sizeBytes === undefined) throw invalid(`invalid size: '${text}'`);
	if (sizeBytes < minSizeBytes || sizeBytes > maxSizeBytes)
		throw invalid(`invalid size: '${text}': must be between 1m and 16t`);
	return { kind: "sized", sizeBytes };
}

function bytesOf(text: string): number | undefined {
	try {
		return parseMemoryBytes(text);
	} catch {
		return undefined;
	}
}

function invalid(message: string): EngineError {
	return new EngineError("invalid_argument", message);
}
