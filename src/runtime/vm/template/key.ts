import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { VmFacts } from "../probe.ts";
import { type MachineOptions, qemuArguments } from "../qemu-arguments.ts";

/** What templates of one host have in common: when it changes, all of them are useless. */
export function hostDigest(facts: VmFacts, vmDir: string): string {
	const hash = createHash("sha256");
	const qemu = statSync(facts.qemuPath);
	hash.update(`${facts.qemuPath}\0${facts.qemuVersion}\0${qemu.size}\0${qemu.mtimeMs}\0`);
	for (const name of ["vmlinux", "initramfs.img", "shared-memory.so"])
		hash.update(readFileSync(join(vmDir, name)));
	return hash.digest("hex");
}

/** A template fits machines with the same host, arguments, accelerator, CPUs and memory. */
export function templateKey(host: string, options: MachineOptions): string {
	return createHash("sha256")
		.update(JSON.stringify([host, qemuArguments(options)]))
		.digest("hex");
}
