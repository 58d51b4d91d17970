import { expect, test } from "bun:test";
import { compileSeccomp } from "./seccomp.ts";

/** Instructions of a classic BPF program: code, jumps, constant. */
function instructions(program: Uint8Array): { code: number; k: number }[] {
	const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
	return Array.from({ length: program.length / 8 }, (_, i) => ({
		code: view.getUint16(i * 8, true),
		k: view.getUint32(i * 8 + 4, true),
	}));
}

const RETURN = 0x06;
const returns = (program: Uint8Array) =>
	new Set(
		instructions(program)
			.filter(({ code }) => code === RETURN)
			.map(({ k }) => k),
	);

test("a filter becomes a program that returns its actions and no others", () => {
	const program = compileSeccomp({
		defaultAction: "SCMP_ACT_ERRNO",
		architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
		syscalls: [
			{ names: ["read", "write", "no_such_call"], action: "SCMP_ACT_ALLOW" },
			{ names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38 },
			{
				names: ["personality"],
				action: "SCMP_ACT_ALLOW",
				args: [{ index: 0, value: 0xffffffff, op: "SCMP_CMP_EQ" }],
			},
		],
	});
	expect(program!.length % 8).toBe(0);
	expect([...returns(program!)].sort()).toEqual([0x0005_0001, 0x0005_0026, 0x7fff_0000, 0].sort());
});

test("conditions on one argument twice are alternatives", () => {
	const rule = (value: number) => ({ index: 0, value, op: "SCMP_CMP_EQ" });
	const program = compileSeccomp({
		defaultAction: "SCMP_ACT_ERRNO",
		syscalls: [{ names: ["personality"], action: "SCMP_ACT_ALLOW", args: [rule(8), rule(9)] }],
	});
	const constants = instructions(program!).map(({ k }) => k);
	expect(constants).toContain(8);
	expect(constants).toContain(9);
});

test("what it does not know is left to the runtime", () => {
	expect(compileSeccomp({ defaultAction: "SCMP_ACT_NOTIFY" })).toBeUndefined();
	expect(
		compileSeccomp({
			defaultAction: "SCMP_ACT_ALLOW",
			syscalls: [
				{ names: ["read"], action: "SCMP_ACT_ERRNO", args: [{ index: 0, value: 1, op: "SCMP_CMP_WHAT" }] },
			],
		}),
	).toBeUndefined();
	expect(
		compileSeccomp({ defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_PDP11"] }),
	).toBeUndefined();
});
