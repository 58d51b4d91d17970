import type { ContainerCreateRequest } from "../api/index.ts";
import { machineAnnotation } from "../api/syntax.ts";

/** A whole machine as `hull machine create` makes one, with the memory that containers of isolation vm get. */
export function machineRequest(): ContainerCreateRequest {
	return {
		Entrypoint: ["/sbin/init"],
		Cmd: [],
		Env: ["container=hull"],
		User: "0",
		Tty: true,
		Healthcheck: { Test: ["NONE"] },
		StopSignal: "SIGRTMIN+3",
		HostConfig: { Privileged: true, Annotations: { [machineAnnotation]: "true" } },
	};
}
