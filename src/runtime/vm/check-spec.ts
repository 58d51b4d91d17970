import type { RuntimeSpec } from "../../oci/index.ts";
import { limitFields } from "./guest-fields.ts";
import { guestMounts } from "./guest-mounts.ts";

/** Throws what a machine of this spec would be refused for, before anything is made. `invalid_argument`. */
export function checkMachineSpec({ mounts, linux }: RuntimeSpec): void {
	guestMounts(mounts);
	limitFields(linux.resources ?? {});
}
