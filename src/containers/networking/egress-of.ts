import { egressAnnotation } from "../../api/index.ts";
import type { ContainerRecord } from "../record/record.ts";

/** A container's own egress policy; empty: none. */
export function egressOf({ hostConfig }: Pick<ContainerRecord, "hostConfig">): string {
	return hostConfig.Annotations?.[egressAnnotation] ?? "";
}
