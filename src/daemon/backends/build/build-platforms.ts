import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { hostPlatform, type Platform } from "../../../oci/index.ts";

const registrations = "/proc/sys/fs/binfmt_misc";

/** What a RUN can be for here, this machine's own first: looked up anew each time, as emulators come and go. */
export function buildPlatforms(): Platform[] {
	const host = hostPlatform();
	const native = host.architecture === "amd64" ? amd64Platforms(readText("/proc/cpuinfo")) : [host];
	const known = new Set(native.map(({ architecture }) => architecture));
	return [
		...native,
		...emulatedPlatforms(registrations).filter(({ architecture }) => !known.has(architecture)),
	];
}

const featuresOf = {
	v2: "cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3",
	v3: "avx avx2 bmi1 bmi2 f16c fma abm movbe xsave",
} as const;

/** Levels of the processor, by its flags, and its 32-bit programs. https://gitlab.com/x86-psABIs/x86-64-ABI */
export function amd64Platforms(cpuinfo: string): Platform[] {
	const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(" "));
	const has = (level: keyof typeof featuresOf) =>
		featuresOf[level].split(" ").every((flag) => flags.has(flag));
	const levels = has("v2") ? (has("v3") ? ["v2", "v3"] : ["v2"]) : [];
	const amd64 = { os: "linux", architecture: "amd64" };
	return [amd64, ...levels.map((variant) => ({ ...amd64, variant })), { os: "linux", architecture: "386" }];
}

/** `e_machine` with class and byte order, as ELF headers begin. */
const machines: Readonly<Record<string, readonly Omit<Platform, "os">[]>> = {
	"2 1 183": [{ architecture: "arm64" }],
	"1 1 40": [
		{ architecture: "arm", variant: "v7" },
		{ architecture: "arm", variant: "v6" },
	],
	"2 1 62": [{ architecture: "amd64" }],
	"1 1 3": [{ architecture: "386" }],
	"2 1 243": [{ architecture: "riscv64" }],
	"2 1 21": [{ architecture: "ppc64le" }],
	"2 2 22": [{ architecture: "s390x" }],
	"2 1 258": [{ architecture: "loong64" }],
	"2 1 8": [{ architecture: "mips64le" }],
	"2 2 8": [{ architecture: "mips64" }],
};

/**
 * Of the emulators that the kernel knows. Those without the flag `F` do not count: they would have to be in the image.
 * https://docs.kernel.org/admin-guide/binfmt-misc.html
 */
export function emulatedPlatforms(folder: string): Platform[] {
	return namesIn(folder)
		.filter((name) => name !== "register" && name !== "status")
		.flatMap((name) => emulated(readText(join(folder, name))));
}

function emulated(entry: string): Platform[] {
	const [, flags] = /^flags: *(\w*)$/m.exec(entry) ?? [];
	const [, magic] = /^magic ([0-9a-f]+)$/m.exec(entry) ?? [];
	if (!/^enabled$/m.test(entry) || !flags?.includes("F") || !/^offset 0$/m.test(entry)) return [];
	const header = Buffer.from(magic ?? "", "hex");
	if (header.length < 20 || header.toString("latin1", 0, 4) !== "\x7fELF") return [];
	const [bits, order] = [header[4], header[5]];
	const machine = order === 1 ? header.readUInt16LE(18) : header.readUInt16BE(18);
	return (machines[`${bits} ${order} ${machine}`] ?? []).map((one) => ({ os: "linux", ...one }));
}

function namesIn(folder: string): string[] {
	try {
		return readdirSync(folder).sort();
	} catch {
		// Not mounted: nothing is known.
		return [];
	}
}

function readText(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return "";
	}
}
