import { describe, expect, test } from "bun:test";
import { parseSeccompProfile } from "./parse-seccomp-profile.ts";
import { seccompFor } from "./seccomp.ts";

const context = {
	privileged: false,
	capabilities: ["CAP_CHOWN", "CAP_SYS_CHROOT"],
	architecture: "x64",
	kernelVersion: "6.18.0",
};

function allowed(changes: Partial<typeof context> = {}): Set<string> {
	const filter = seccompFor({ kind: "default" }, { ...context, ...changes })!;
	const unconditional = filter.syscalls!.filter((rule) => rule.action === "SCMP_ACT_ALLOW" && !rule.args);
	return new Set(unconditional.flatMap((rule) => rule.names));
}

describe("the default profile", () => {
	test("refuses by EPERM on this machine's architectures", () => {
		const filter = seccompFor({ kind: "default" }, context)!;
		expect(filter.defaultAction).toBe("SCMP_ACT_ERRNO");
		expect(filter.architectures).toEqual(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]);
	});
	test("lets everyday calls through", () => {
		for (const name of ["openat", "execve", "futex", "chroot", "ptrace", "arch_prctl", "clock_nanosleep"])
			expect(allowed()).toContain(name);
	});
	test("keeps what reaches the host out", () => {
		for (const name of [
			"mount",
			"bpf",
			"unshare",
			"setns",
			"init_module",
			"reboot",
			"open_by_handle_at",
			"keyctl",
		])
			expect(allowed()).not.toContain(name);
	});
	test("a capability opens its calls", () => {
		const admin = allowed({ capabilities: ["CAP_SYS_ADMIN"] });
		for (const name of ["mount", "unshare", "clone", "clone3"]) expect(admin).toContain(name);
		expect(admin).not.toContain("chroot");
	});
	test("clone makes processes, not namespaces; clone3 is not there", () => {
		const { syscalls } = seccompFor({ kind: "default" }, context)!;
		expect(syscalls).toContainEqual({
			names: ["clone"],
			action: "SCMP_ACT_ALLOW",
			args: [{ index: 0, value: 2_114_060_288, op: "SCMP_CMP_MASKED_EQ" }],
		});
		expect(syscalls).toContainEqual({ names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38 });
	});
	test("another architecture has its own calls", () => {
		expect(allowed({ architecture: "arm64" })).toContain("cacheflush");
		expect(allowed({ architecture: "arm64" })).not.toContain("arch_prctl");
	});
	test("no name is listed twice", () => {
		const { syscalls } = seccompFor({ kind: "default" }, { ...context, capabilities: [] })!;
		const names = syscalls!.filter((rule) => !rule.args).flatMap((rule) => rule.names);
		expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
	});
	test("privileged and unconfined containers have none", () => {
		expect(seccompFor({ kind: "default" }, { ...context, privileged: true })).toBeUndefined();
		expect(seccompFor({ kind: "unconfined" }, context)).toBeUndefined();
	});
});

describe("a profile of the user's", () => {
	const profile = (text: object) =>
		seccompFor({ kind: "profile", profile: parseSeccompProfile(JSON.stringify(text)) }, context);

	test("is fitted to capabilities and kernel", () => {
		const filter = profile({
			defaultAction: "SCMP_ACT_ALLOW",
			archMap: [{ architecture: "SCMP_ARCH_X86_64", subArchitectures: [] }],
			syscalls: [
				{ name: "chroot", action: "SCMP_ACT_ERRNO", includes: { caps: ["CAP_SYS_CHROOT"] } },
				{ names: ["mount"], action: "SCMP_ACT_ERRNO", includes: { caps: ["CAP_SYS_ADMIN"] } },
				{ names: ["ptrace"], action: "SCMP_ACT_ERRNO", excludes: { minKernel: "4.8" } },
			],
		});
		expect(filter).toEqual({
			defaultAction: "SCMP_ACT_ALLOW",
			architectures: ["SCMP_ARCH_X86_64"],
			syscalls: [{ names: ["chroot"], action: "SCMP_ACT_ERRNO" }],
		});
	});
	test("errors name the member", () => {
		const failures: [object, string][] = [
			[{}, "defaultAction: expected a string"],
			[{ defaultAction: "ALLOW" }, 'defaultAction: unknown action "ALLOW"'],
			[{ defaultAction: "SCMP_ACT_ALLOW", foo: 1 }, 'profile: unknown member "foo"'],
			[{ defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: "x" }] }, "syscalls[0]: expected a list"],
			[{ defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/x" }, "listenerPath is not supported"],
		];
		for (const [text, message] of failures) expect(() => profile(text)).toThrow(message);
		expect(() => parseSeccompProfile("{")).toThrow("Decoding seccomp profile failed");
	});
});
