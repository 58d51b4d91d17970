import { EngineError } from "../lib/index.ts";
import type { Platform } from "./image-spec.ts";

/** What containers run on here. */
export function hostPlatform(): Platform {
	return normalizePlatform({ os: "linux", architecture: hostArchitectures[process.arch] ?? process.arch });
}

const hostArchitectures: Readonly<Record<string, string>> = {
	x64: "amd64",
	ia32: "386",
	arm64: "arm64",
	arm: "arm",
	ppc64: "ppc64le",
	s390x: "s390x",
	riscv64: "riscv64",
	loong64: "loong64",
};

const knownSystems = new Set(
	"aix android darwin dragonfly freebsd illumos ios js linux macos nacl netbsd openbsd plan9 solaris windows".split(
		" ",
	),
);
const knownArchitectures = new Set(
	(
		"386 amd64 arm arm64 armbe arm64be loong64 mips mips64 mips64le mips64p32 mips64p32le mipsle ppc ppc64 ppc64le " +
		"riscv riscv64 s390 s390x sparc sparc64 wasm x86_64 x86-64 i386 aarch64 armhf armel"
	).split(" "),
);

/**
 * Parses `os/arch[/variant]`, or an operating system or architecture alone, by containerd's rules and with its error
 * texts (`invalid_argument`). https://github.com/containerd/platforms
 */
export function parsePlatform(text: string): Platform {
	const parts = text.split("/");
	for (const part of parts) {
		if (!/^[A-Za-z0-9_.-]+$/.test(part)) {
			throw invalid(
				`${JSON.stringify(part)} is an invalid component of ${JSON.stringify(text)}: platform specifier component ` +
					'must match "^[A-Za-z0-9_.-]+$": invalid argument',
			);
		}
	}
	const [first, architecture, variant, ...rest] = parts;
	if (rest.length > 0)
		throw invalid(`${JSON.stringify(text)}: cannot parse platform specifier: invalid argument`);
	if (architecture !== undefined)
		return normalizePlatform({ os: first!, architecture, ...(variant === undefined ? {} : { variant }) });
	const word = first!.toLowerCase();
	if (knownSystems.has(word)) return normalizePlatform({ ...hostPlatform(), os: word });
	if (knownArchitectures.has(word)) return normalizePlatform({ os: "linux", architecture: word });
	throw invalid(`${JSON.stringify(text)}: unknown operating system or architecture: invalid argument`);
}

/** One spelling for each platform: `aarch64` is `arm64`, `arm` is `arm/v7`. */
export function normalizePlatform(platform: Platform): Platform {
	const os = platform.os.toLowerCase();
	const { architecture, variant } = normalizeArchitecture(
		platform.architecture.toLowerCase(),
		(platform.variant ?? "").toLowerCase(),
	);
	const { variant: _, ...others } = platform;
	return {
		...others,
		os: os === "macos" ? "darwin" : os,
		architecture,
		...(variant === "" ? {} : { variant }),
	};
}

function normalizeArchitecture(architecture: string, variant: string) {
	switch (architecture) {
		case "i386":
			return { architecture: "386", variant: "" };
		case "x86_64":
		case "x86-64":
		case "amd64":
			return { architecture: "amd64", variant: variant === "v1" ? "" : variant };
		case "aarch64":
		case "arm64":
			return { architecture: "arm64", variant: variant === "8" || variant === "v8" ? "" : variant };
		case "armhf":
			return { architecture: "arm", variant: "v7" };
		case "armel":
			return { architecture: "arm", variant: "v6" };
		case "arm":
			return { architecture: "arm", variant: variant === "" ? "v7" : variant.replace(/^([5678])$/, "v$1") };
		default:
			return { architecture, variant };
	}
}

/** Platforms whose images run on the wanted one, best first: amd64 runs 386, arm/v7 runs arm/v6 and v5. */
export function runnablePlatforms(wanted: Platform): Platform[] {
	const { os, architecture, variant } = normalizePlatform(wanted);
	const exact: Platform = { os, architecture, ...(variant === undefined ? {} : { variant }) };
	const arm = (from: number): Platform[] =>
		[7, 6, 5]
			.filter((version) => version <= from)
			.map((version) => ({ os, architecture: "arm", variant: `v${version}` }));
	if (architecture === "arm64")
		return [...lowerVariants(exact), { os, architecture: "arm", variant: "v8" }, ...arm(7)];
	if (architecture === "arm") return [exact, ...arm(Number(variant?.slice(1)) - 1)];
	if (architecture === "amd64") return [...lowerVariants(exact), { os, architecture: "386" }];
	return [exact];
}

/** amd64/v3, v2, and none; arm64/v9 and none. */
function lowerVariants(platform: Platform): Platform[] {
	const { os, architecture, variant } = platform;
	if (variant === undefined) return [platform];
	const below = architecture === "amd64" && variant === "v3" ? [{ os, architecture, variant: "v2" }] : [];
	return [platform, ...below, { os, architecture }];
}

export function isRunnableOn(image: Platform, wanted: Platform): boolean {
	return runnablePlatforms(wanted).some((platform) => samePlatform(platform, image));
}

/**
 * The index of the best candidate for the wanted platform, or -1. Candidates without a platform never match (as
 * attestations of BuildKit, which say `unknown/unknown`).
 */
export function bestPlatform(candidates: readonly (Platform | undefined)[], wanted: Platform): number {
	for (const platform of runnablePlatforms(wanted)) {
		const found = candidates.findIndex(
			(candidate) => candidate !== undefined && samePlatform(candidate, platform),
		);
		if (found !== -1) return found;
	}
	return -1;
}

function samePlatform(left: Platform, right: Platform): boolean {
	return formatPlatform(left) === formatPlatform(right);
}

/** `linux/arm/v7`, normalised. */
export function formatPlatform(platform: Platform): string {
	const { os, architecture, variant } = normalizePlatform(platform);
	return [os, architecture, variant].filter((part) => part !== undefined).join("/");
}

function invalid(message: string): EngineError {
	return new EngineError("invalid_argument", message);
}
