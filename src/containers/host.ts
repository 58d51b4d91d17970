import type { ResourceFacts, SpecHost } from "../runtime/index.ts";

/** What operations must know of the machine; read once by the daemon, so that the decisions here stay pure. */
export interface Host {
	readonly hostname: string;
	readonly memoryBytes: number;
	/** Path of a `tini` or `docker-init` for `--init`. */
	readonly initPath: string | undefined;
	/** What control groups can limit here. */
	readonly resources: ResourceFacts;
	/** What runtime specs are made for. */
	readonly spec: SpecHost;
}
