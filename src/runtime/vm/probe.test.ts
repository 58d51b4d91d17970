import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createVmProbe } from "./probe.ts";

const folder = mkdtempSync(join(tmpdir(), "hull-probe-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("each missing file of the machine's kernel is named, with what makes it, until it is there", async () => {
	const probe = createVmProbe(folder);
	for (const name of ["vmlinux", "initramfs.img", "shared-memory.so", "kernel.json"]) {
		const error = await probe.facts().then(
			() => undefined,
			(failure: unknown) => failure as { code: string; message: string },
		);
		expect(error?.code).toBe("unavailable");
		expect(error?.message).toContain(join(folder, name));
		expect(error?.message).toContain("npm run setup");
		writeFileSync(join(folder, name), '{"version":"6.1.0-test"}');
	}
	expect(await probe.facts()).toMatchObject({ kernelVersion: "6.1.0-test" });
});

test("a kernel.json that is none is an error that names it", async () => {
	writeFileSync(join(folder, "kernel.json"), "{");
	await expect(createVmProbe(folder).facts()).rejects.toThrow(
		`${join(folder, "kernel.json")} does not parse`,
	);
});
