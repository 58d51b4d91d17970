import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatPlatform } from "../../../oci/index.ts";
import { amd64Platforms, emulatedPlatforms } from "./build-platforms.ts";

test("emulators that the kernel has at hand are platforms; those that an image would need are not", () => {
	const folder = mkdtempSync(join(tmpdir(), "hull-binfmt-"));
	const entry = (flags: string, magic: string, state = "enabled") =>
		`${state}\ninterpreter /usr/libexec/qemu\nflags: ${flags}\noffset 0\nmagic ${magic}\nmask ff\n`;
	const arm64 = "7f454c460201010000000000000000000200b700";
	const s390x = "7f454c4602020100000000000000000000020016";
	writeFileSync(join(folder, "status"), "enabled\n");
	writeFileSync(join(folder, "qemu-aarch64"), entry("OCF", arm64));
	writeFileSync(join(folder, "qemu-s390x"), entry("F", s390x));
	writeFileSync(join(folder, "qemu-off"), entry("F", arm64.replace("b700", "f300"), "disabled"));
	writeFileSync(join(folder, "qemu-here"), entry("", arm64.replace("b700", "f300")));
	writeFileSync(
		join(folder, "jar"),
		"enabled\ninterpreter /usr/bin/jexec\nflags: F\noffset 0\nmagic 504b0304\n",
	);
	expect(emulatedPlatforms(folder).map(formatPlatform)).toEqual(["linux/arm64", "linux/s390x"]);
	rmSync(folder, { recursive: true });
	expect(emulatedPlatforms(folder)).toEqual([]);
});

test("the levels of a processor are those whose features it has", () => {
	const v2 = "cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3";
	const v3 = "avx avx2 bmi1 bmi2 f16c fma abm movbe xsave";
	const shown = (flags: string) => amd64Platforms(`flags\t\t: ${flags}\n`).map(formatPlatform);
	expect(shown("fpu")).toEqual(["linux/amd64", "linux/386"]);
	expect(shown(`${v2} ${v3}`)).toEqual(["linux/amd64", "linux/amd64/v2", "linux/amd64/v3", "linux/386"]);
});
