import type { RuntimeSpec } from "../../oci/index.ts";
import { compileSeccomp } from "../../sys/index.ts";

/** Programs by filter: nearly all containers have one and the same, and compiling Docker's takes some 15 ms. */
const programs = new Map<string, string | undefined>();
const maxPrograms = 32;

/** A filter as `struct sock_filter[]` in base64; `undefined` when this host has no libseccomp. */
export function seccompProgram(seccomp: NonNullable<RuntimeSpec["linux"]["seccomp"]>): string | undefined {
	const key = JSON.stringify(seccomp);
	if (programs.has(key)) return programs.get(key);
	const program = compileSeccomp(seccomp);
	const encoded = program === undefined ? undefined : Buffer.from(program).toString("base64");
	programs.set(key, encoded);
	if (programs.size > maxPrograms) programs.delete(programs.keys().next().value!);
	return encoded;
}
