import { EngineError } from "../../lib/index.ts";
import { parseSeccompProfile } from "./parse-seccomp-profile.ts";
import type { SeccompProfile } from "./seccomp-types.ts";

/** `HostConfig.SecurityOpt`, understood. */
export interface SecurityOptions {
	readonly noNewPrivileges: boolean;
	readonly seccomp:
		| { readonly kind: "default" }
		| { readonly kind: "unconfined" }
		| { readonly kind: "profile"; readonly profile: SeccompProfile };
	/** `systempaths=unconfined`: nothing of /proc and /sys is masked. */
	readonly systemPathsUnconfined: boolean;
	/** `undefined`: as privileged says. */
	readonly writableCgroups: boolean | undefined;
}

/**
 * Reads `no-new-privileges[=bool]`, `seccomp=unconfined|builtin|<JSON>`, `systempaths=unconfined`,
 * `writable-cgroups[=bool]`, `apparmor=unconfined`, `label=disable`. Errors: `invalid_argument` with Docker's texts,
 * `not_implemented` for profiles and labels of AppArmor and SELinux, which are not applied.
 */
export function parseSecurityOptions(options: readonly string[]): SecurityOptions {
	const result: { -readonly [Key in keyof SecurityOptions]: SecurityOptions[Key] } = {
		noNewPrivileges: false,
		seccomp: { kind: "default" },
		systemPathsUnconfined: false,
		writableCgroups: undefined,
	};
	for (const option of options) {
		const { key, value } = split(option);
		switch (key) {
			case "no-new-privileges":
				result.noNewPrivileges = booleanOf(option, value);
				break;
			case "writable-cgroups":
				result.writableCgroups = booleanOf(option, value);
				break;
			case "seccomp":
				result.seccomp = seccompChoice(option, value);
				break;
			case "systempaths":
				if (value !== "unconfined") throw invalid(option);
				result.systemPathsUnconfined = true;
				break;
			case "apparmor":
				if (value !== "unconfined") throw notApplied("apparmor profile", value ?? "");
				break;
			case "disable":
				if (value !== undefined) throw invalid(option);
				break;
			case "label":
				if (value !== "disable") throw notApplied("selinux label", value ?? "");
				break;
			default:
				throw invalid(option);
		}
	}
	return result;
}

function seccompChoice(option: string, value: string | undefined): SecurityOptions["seccomp"] {
	if (value === undefined || value === "") throw invalid(option);
	if (value === "unconfined") return { kind: "unconfined" };
	if (value === "builtin") return { kind: "default" };
	return { kind: "profile", profile: parseSeccompProfile(value) };
}

/** `key=value`, or the old `key:value`; a bare word has no value. */
function split(option: string): { key: string; value: string | undefined } {
	const separator = option.includes("=") ? "=" : ":";
	const at = option.indexOf(separator);
	if (at >= 0) return { key: option.slice(0, at), value: option.slice(at + 1) };
	return { key: option, value: undefined };
}

const booleans = new Map<string, boolean>([
	...["1", "t", "T", "true", "TRUE", "True"].map((word) => [word, true] as const),
	...["0", "f", "F", "false", "FALSE", "False"].map((word) => [word, false] as const),
]);

function booleanOf(option: string, value: string | undefined): boolean {
	const parsed = value === undefined ? true : booleans.get(value);
	if (parsed === undefined) throw invalid(option);
	return parsed;
}

function invalid(option: string): EngineError {
	return new EngineError("invalid_argument", `invalid --security-opt: ${JSON.stringify(option)}`);
}

function notApplied(what: string, value: string): EngineError {
	return new EngineError("not_implemented", `${what} ${JSON.stringify(value)} is not supported`);
}
