import type { RuntimeSpec } from "../../oci/index.ts";
import { compileSeccomp } from "../../sys/index.ts";
import type { OciRuntime } from "./oci-runtimes.ts";

/** crun takes a compiled filter in this annotation instead of `linux.seccomp`. crun(1) */
const annotation = "run.oci.seccomp_bpf_data";

/** Programs by filter: nearly all containers have one and the same. */
const programs = new Map<string, string | undefined>();
const maxPrograms = 32;

/**
 * Compiling Docker's filter takes the runtime longer than the rest of a start, for the same program each time. crun
 * gets it ready-made. What remains of `linux.seccomp` allows nothing: a runtime that did not know the annotation
 * would not run a container without its filter.
 */
export function withSeccompProgram(spec: RuntimeSpec, runtime: OciRuntime): RuntimeSpec {
	const { seccomp } = spec.linux;
	if (seccomp === undefined || runtime.name !== "crun") return spec;
	const program = programOf(seccomp);
	if (program === undefined) return spec;
	return {
		...spec,
		annotations: { ...spec.annotations, [annotation]: program },
		linux: { ...spec.linux, seccomp: { defaultAction: "SCMP_ACT_ERRNO" } },
	};
}

function programOf(seccomp: NonNullable<RuntimeSpec["linux"]["seccomp"]>): string | undefined {
	const key = JSON.stringify(seccomp);
	if (programs.has(key)) return programs.get(key);
	const program = compileSeccomp(seccomp);
	const encoded = program === undefined ? undefined : Buffer.from(program).toString("base64");
	programs.set(key, encoded);
	if (programs.size > maxPrograms) programs.delete(programs.keys().next().value!);
	return encoded;
}
