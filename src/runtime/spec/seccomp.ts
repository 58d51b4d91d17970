import type { Seccomp } from "../../oci/index.ts";
import { defaultSeccompProfile } from "./seccomp-profile.ts";
import type { SeccompConditions, SeccompProfile, SeccompRule } from "./seccomp-types.ts";
import type { SecurityOptions } from "./security-options.ts";

interface SeccompContext {
	readonly privileged: boolean;
	/** The container's bounding set. */
	readonly capabilities: readonly string[];
	/** Node's name: `x64`, `arm64`, … */
	readonly architecture: string;
	/** `uname -r`: `6.18.0` */
	readonly kernelVersion: string;
}

/** The filter of a container, `undefined` for none: unconfined, or privileged without a profile of its own. */
export function seccompFor(choice: SecurityOptions["seccomp"], context: SeccompContext): Seccomp | undefined {
	switch (choice.kind) {
		case "unconfined":
			return undefined;
		case "default":
			return context.privileged ? undefined : fitProfile(defaultSeccompProfile, context);
		case "profile":
			return fitProfile(choice.profile, context);
		default:
			return choice satisfies never;
	}
}

function fitProfile(profile: SeccompProfile, context: SeccompContext): Seccomp {
	const architectures = profile.architectures ?? architecturesOf(profile, context.architecture);
	const { rules, archMap: _, ...common } = profile;
	return {
		...common,
		...(architectures.length > 0 ? { architectures } : {}),
		syscalls: rules.filter((rule) => applies(rule, context)).map(withoutConditions),
	};
}

function architecturesOf(profile: SeccompProfile, architecture: string): string[] {
	const native = platforms.get(architecture)?.seccomp;
	const entry = profile.archMap?.find((candidate) => candidate.architecture === native);
	return entry === undefined ? [] : [entry.architecture, ...entry.subArchitectures];
}

function applies(rule: SeccompRule, context: SeccompContext): boolean {
	return !isExcluded(rule.excludes, context) && isIncluded(rule.includes, context);
}

function isExcluded(conditions: SeccompConditions = {}, context: SeccompContext): boolean {
	const { arches = [], caps = [], minKernel } = conditions;
	if (arches.includes(dockerArchitecture(context))) return true;
	if (caps.some((capability) => context.capabilities.includes(capability))) return true;
	return minKernel !== undefined && isKernelAtLeast(minKernel, context);
}

function isIncluded(conditions: SeccompConditions = {}, context: SeccompContext): boolean {
	const { arches = [], caps = [], minKernel } = conditions;
	if (arches.length > 0 && !arches.includes(dockerArchitecture(context))) return false;
	if (!caps.every((capability) => context.capabilities.includes(capability))) return false;
	return minKernel === undefined || isKernelAtLeast(minKernel, context);
}

function isKernelAtLeast(wanted: string, { kernelVersion }: SeccompContext): boolean {
	const [major = 0, minor = 0] = numbersOf(wanted);
	const [ownMajor = 0, ownMinor = 0] = numbersOf(kernelVersion);
	return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

function numbersOf(version: string): number[] {
	return version.split(".").map((part) => Number.parseInt(part, 10) || 0);
}

function withoutConditions({ includes: _i, excludes: _e, ...rule }: SeccompRule): SeccompRule {
	return rule;
}

function dockerArchitecture({ architecture }: SeccompContext): string {
	return platforms.get(architecture)?.docker ?? architecture;
}

/** Node's names of architectures, Docker's and libseccomp's. */
const platforms = new Map([
	["x64", { docker: "amd64", seccomp: "SCMP_ARCH_X86_64" }],
	["arm64", { docker: "arm64", seccomp: "SCMP_ARCH_AARCH64" }],
	["s390x", { docker: "s390x", seccomp: "SCMP_ARCH_S390X" }],
	["ppc64", { docker: "ppc64le", seccomp: "SCMP_ARCH_PPC64LE" }],
	["riscv64", { docker: "riscv64", seccomp: "SCMP_ARCH_RISCV64" }],
	["loong64", { docker: "loong64", seccomp: "SCMP_ARCH_LOONGARCH64" }],
]);
