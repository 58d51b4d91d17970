import type { Seccomp } from "../../oci/index.ts";

type RuntimeRule = NonNullable<Seccomp["syscalls"]>[number];

/** A profile before it is fitted to a container: Docker's JSON format, with conditions on its rules. */
export interface SeccompProfile extends Omit<Seccomp, "syscalls" | "architectures"> {
	/** Either these, as they are, or `archMap`. */
	readonly architectures?: string[];
	readonly archMap?: readonly {
		readonly architecture: string;
		readonly subArchitectures: readonly string[];
	}[];
	readonly rules: readonly SeccompRule[];
}

export interface SeccompRule extends RuntimeRule {
	/** Holds only where all of these are met. */
	readonly includes?: SeccompConditions;
	/** Does not hold where any of these is met. */
	readonly excludes?: SeccompConditions;
}

export interface SeccompConditions {
	/** Docker's names: `amd64`, `arm64`, … */
	readonly arches?: readonly string[];
	/** In the container's bounding set. */
	readonly caps?: readonly string[];
	/** `4.8` */
	readonly minKernel?: string;
}
