import { parseDuration, parseMemoryBytes } from "../api/index.ts";
import type { CachePolicy } from "../builder/index.ts";
import { EngineError } from "../lib/index.ts";

export const defaultCachePolicy: CachePolicy = {
	limits: { reservedBytes: 0, maxUsedBytes: 20 * 1024 ** 3, minFreeBytes: 0 },
	maxAgeMs: undefined,
};

const sizes = {
	"reserved-space": "reservedBytes",
	"max-used-space": "maxUsedBytes",
	"min-free-space": "minFreeBytes",
} as const;

/**
 * The `build-cache` member of the configuration: how large the build cache stays by itself. `invalid_argument` names
 * the member; `where` is the file and the way to it.
 */
export function parseCachePolicy(value: unknown, where: string): CachePolicy {
	const wrong = (key: string, wanted: string) =>
		new EngineError("invalid_argument", `${where}${key === "" ? "" : `.${key}`}: expected ${wanted}`);
	if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong("", "an object");
	const limits = { ...defaultCachePolicy.limits };
	let { maxAgeMs } = defaultCachePolicy;
	for (const [key, text] of Object.entries(value)) {
		if (key !== "max-age" && !Object.hasOwn(sizes, key))
			throw new EngineError("invalid_argument", `${where}: unknown key ${JSON.stringify(key)}`);
		if (typeof text !== "string") throw wrong(key, "a text");
		if (key === "max-age")
			maxAgeMs = read(() => Number(parseDuration(text)) / 1e6, wrong(key, "a duration like 720h"));
		else
			limits[sizes[key as keyof typeof sizes]] = read(
				() => parseMemoryBytes(text),
				wrong(key, "a size like 20g, or 0 for no limit"),
			);
	}
	return { limits, maxAgeMs };
}

function read(parse: () => number, wrong: EngineError): number {
	let number: number;
	try {
		number = parse();
	} catch {
		throw wrong;
	}
	if (!Number.isFinite(number) || number < 0) throw wrong;
	return number;
}
