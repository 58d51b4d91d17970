import type { RuntimeSpec } from "../../oci/index.ts";
import { seccompProgram } from "../spec/seccomp-program.ts";
import type { OciRuntime } from "./oci-runtimes.ts";

/** crun takes a compiled filter in this annotation instead of `linux.seccomp`. crun(1) */
const annotation = "run.oci.seccomp_bpf_data";

/**
 * Compiling Docker's filter takes the runtime longer than the rest of a start, for the same program each time. crun
 * gets it ready-made. What remains of `linux.seccomp` allows nothing: a runtime that did not know the annotation
 * would not run a container without its filter.
 */
export function withSeccompProgram(spec: RuntimeSpec, runtime: OciRuntime): RuntimeSpec {
	const { seccomp } = spec.linux;
	if (seccomp === undefined || runtime.name !== "crun") return spec;
	const program = seccompProgram(seccomp);
	if (program === undefined) return spec;
	return {
		...spec,
		annotations: { ...spec.annotations, [annotation]: program },
		linux: { ...spec.linux, seccomp: { defaultAction: "SCMP_ACT_ERRNO" } },
	};
}
