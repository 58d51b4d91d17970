import { expect, test } from "bun:test";
import { check, cString, errnoName, FFIType, openLibc, SystemError } from "./libc.ts";

const libc = openLibc({
	chdir: { args: [FFIType.ptr], returns: FFIType.i32 },
	close: { args: [FFIType.i32], returns: FFIType.i32 },
});

test("a failed call throws its errno, shaped as Node's own errors", () => {
	const missing = () => check(libc.chdir(cString("/no/such/folder")), "chdir", "/no/such/folder");
	expect(missing).toThrow(SystemError);
	expect(missing).toThrow("chdir /no/such/folder: ENOENT");
	try {
		missing();
	} catch (error) {
		expect(error).toMatchObject({ code: "ENOENT", errno: -2, syscall: "chdir" });
	}
});

test("errno is right over many failing calls of different kinds", () => {
	const codes = { ENOENT: 0, EBADF: 0, ENOTDIR: 0 };
	const calls = [
		() => check(libc.chdir(cString("/no/such")), "chdir", ""),
		() => check(libc.close(-1), "close", ""),
		() => check(libc.chdir(cString("/proc/version")), "chdir", ""),
	];
	for (let round = 0; round < 6000; round++) {
		try {
			calls[round % 3]!();
		} catch (error) {
			codes[(error as SystemError).code as keyof typeof codes]++;
		}
	}
	expect(codes).toEqual({ ENOENT: 2000, EBADF: 2000, ENOTDIR: 2000 });
});

test("success is given back as it is", () => {
	expect(check(7, "open", "x")).toBe(7);
	expect(check(0, "open", "x")).toBe(0);
});

test("text with a NUL never reaches the kernel, where it would end early", () => {
	expect(() => cString("/etc/passwd\0.png")).toThrow("EINVAL");
	expect([...cString("ä")]).toEqual([0xc3, 0xa4, 0]);
});

test("errnos have names, also one that Node does not list, and unknown ones their number", () => {
	expect(errnoName(2)).toBe("ENOENT");
	expect(errnoName(54)).toBe("EXFULL");
	expect(errnoName(4242)).toBe("errno 4242");
});
