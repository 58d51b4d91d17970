import { dlopen, FFIType } from "bun:ffi";
import { closeSync, fstatSync, readSync } from "node:fs";
import { check, cString, openLibc } from "./libc.ts";

/** A seccomp filter as the OCI runtime spec describes it. */
export interface SeccompFilter {
	readonly defaultAction: string;
	readonly defaultErrnoRet?: number;
	readonly architectures?: readonly string[];
	readonly syscalls?: readonly SeccompFilterRule[];
}

export interface SeccompFilterRule {
	readonly names: readonly string[];
	readonly action: string;
	readonly errnoRet?: number;
	readonly args?: readonly {
		readonly index: number;
		readonly value: number;
		readonly valueTwo?: number;
		readonly op: string;
	}[];
}

/**
 * Compiles a filter to the program that seccomp(2) takes, as the OCI runtimes do (libseccomp, the same library).
 * `undefined` when the library is not there or the filter has something that it does not know: the runtime's business.
 */
export function compileSeccomp(filter: SeccompFilter): Uint8Array | undefined {
	const library = openLibrary();
	const defaultAction = actionOf(filter.defaultAction, filter.defaultErrnoRet);
	if (library === undefined || defaultAction === undefined) return undefined;
	const context = library.seccomp_init(defaultAction);
	if (context === null) return undefined;
	try {
		const build = { library, context, defaultAction };
		if (!addArchitectures(build, filter.architectures ?? [])) return undefined;
		for (const rule of filter.syscalls ?? []) if (!addRule(build, rule)) return undefined;
		return exportProgram(build);
	} finally {
		library.seccomp_release(context);
	}
}

type Library = NonNullable<ReturnType<typeof openLibrary>>;

interface Build {
	readonly library: Library;
	readonly context: NonNullable<ReturnType<Library["seccomp_init"]>>;
	readonly defaultAction: number;
}

let opened: { readonly library: ReturnType<typeof load> } | undefined;

function openLibrary() {
	opened ??= { library: load() };
	return opened.library;
}

function load() {
	try {
		return dlopen("libseccomp.so.2", {
			seccomp_init: { args: [FFIType.u32], returns: FFIType.ptr },
			seccomp_release: { args: [FFIType.ptr], returns: FFIType.void },
			seccomp_arch_resolve_name: { args: [FFIType.ptr], returns: FFIType.u32 },
			seccomp_arch_add: { args: [FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
			seccomp_syscall_resolve_name: { args: [FFIType.ptr], returns: FFIType.i32 },
			seccomp_rule_add_array: {
				args: [FFIType.ptr, FFIType.u32, FFIType.i32, FFIType.u32, FFIType.ptr],
				returns: FFIType.i32,
			},
			seccomp_export_bpf: { args: [FFIType.ptr, FFIType.i32], returns: FFIType.i32 },
		}).symbols;
	} catch {
		return undefined;
	}
}

const EEXIST = -17;
const unknownSyscall = -1;

function addArchitectures({ library, context }: Build, names: readonly string[]): boolean {
	return names.every((name) => {
		const token = library.seccomp_arch_resolve_name(cString(archName(name)));
		if (token === 0) return false;
		const result = library.seccomp_arch_add(context, token);
		return result === 0 || result === EEXIST;
	});
}

/** `SCMP_ARCH_X86_64` of the runtime spec is `x86_64` to the library. */
function archName(name: string): string {
	return name.replace("SCMP_ARCH_", "").toLowerCase();
}

/** A rule per name; with several conditions on one argument one per condition, as the runtimes do. */
function addRule(build: Build, rule: SeccompFilterRule): boolean {
	const action = actionOf(rule.action, rule.errnoRet);
	if (action === undefined) return false;
	// The library takes no rule that says what holds anyway.
	if (action === build.defaultAction) return true;
	const args = rule.args ?? [];
	const isRepeated = new Set(args.map(({ index }) => index)).size < args.length;
	const alternatives = isRepeated ? args.map((argument) => [argument]) : [args];
	return rule.names.every((name) => {
		const number = build.library.seccomp_syscall_resolve_name(cString(name));
		if (number === unknownSyscall) return true;
		return alternatives.every((conditions) => addConditions(build, { action, number, conditions }));
	});
}

function addConditions(
	{ library, context }: Build,
	rule: {
		readonly action: number;
		readonly number: number;
		readonly conditions: NonNullable<SeccompFilterRule["args"]>;
	},
): boolean {
	const { action, number, conditions } = rule;
	const encoded = encodeConditions(conditions);
	if (encoded === undefined) return false;
	const { length } = conditions;
	return library.seccomp_rule_add_array(context, action, number, length, encoded) === 0;
}

const operators: readonly string[] = [
	"",
	"SCMP_CMP_NE",
	"SCMP_CMP_LT",
	"SCMP_CMP_LE",
	"SCMP_CMP_EQ",
	"SCMP_CMP_GE",
	"SCMP_CMP_GT",
	"SCMP_CMP_MASKED_EQ",
];

/** `struct scmp_arg_cmp[]`: argument, operator, two 64-bit values. */
function encodeConditions(conditions: NonNullable<SeccompFilterRule["args"]>): Uint8Array | undefined {
	const bytes = Buffer.alloc(Math.max(1, conditions.length) * 24);
	for (const [i, { index, value, valueTwo = 0, op }] of conditions.entries()) {
		const operator = operators.indexOf(op);
		if (operator < 1) return undefined;
		bytes.writeUInt32LE(index, i * 24);
		bytes.writeUInt32LE(operator, i * 24 + 4);
		bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), i * 24 + 8);
		bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(valueTwo)), i * 24 + 16);
	}
	return bytes;
}

const EPERM = 1;

/** Notifications and unknown actions are not for us. */
function actionOf(name: string, errnoRet: number | undefined): number | undefined {
	switch (name) {
		case "SCMP_ACT_ALLOW":
			return 0x7fff_0000;
		case "SCMP_ACT_ERRNO":
			return 0x0005_0000 | (errnoRet ?? EPERM);
		case "SCMP_ACT_KILL":
		case "SCMP_ACT_KILL_THREAD":
			return 0;
		case "SCMP_ACT_KILL_PROCESS":
			return 0x8000_0000;
		case "SCMP_ACT_TRAP":
			return 0x0003_0000;
		case "SCMP_ACT_LOG":
			return 0x7ffc_0000;
		default:
			return undefined;
	}
}

const { memfd_create } = openLibc({
	memfd_create: { args: [FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
});
const MFD_CLOEXEC = 1;

/** The library writes programs to a descriptor only. */
function exportProgram({ library, context }: Build): Uint8Array | undefined {
	const fd = check(memfd_create(cString("seccomp"), MFD_CLOEXEC), "memfd_create", "seccomp");
	try {
		if (library.seccomp_export_bpf(context, fd) !== 0) return undefined;
		const program = Buffer.alloc(fstatSync(fd).size);
		readSync(fd, program, 0, program.length, 0);
		return program;
	} finally {
		closeSync(fd);
	}
}
