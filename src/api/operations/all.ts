/** All operations of the Engine API that Hull answers, in the order of its reference, and its own below `/hull/`. */
import type { Operation } from "../operation.ts";
import * as build from "./build.ts";
import * as changes from "./changes.ts";
import * as containers from "./containers.ts";
import * as copies from "./copies.ts";
import * as distribution from "./distribution.ts";
import * as egress from "./egress.ts";
import * as exec from "./exec.ts";
import * as footprint from "./footprint.ts";
import * as imageLayers from "./image-layers.ts";
import * as images from "./images.ts";
import * as mounts from "./mounts.ts";
import * as networks from "./networks.ts";
import * as plugins from "./plugins.ts";
import * as registry from "./registry.ts";
import * as sbom from "./sbom.ts";
import * as secrets from "./secrets.ts";
import * as sockets from "./sockets.ts";
import * as swarm from "./swarm.ts";
import * as system from "./system.ts";
import * as trust from "./trust.ts";
import * as upkeep from "./upkeep.ts";
import * as volumeCopies from "./volume-copies.ts";
import * as volumes from "./volumes.ts";

export const operations: readonly Operation[] = [
	...Object.values(containers),
	...Object.values(exec),
	...Object.values(images),
	...Object.values(volumes),
	...Object.values(networks),
	...Object.values(system),
	...Object.values(distribution),
	...Object.values(build),
	...Object.values(plugins),
	...Object.values(swarm),
	...Object.values(footprint),
	...Object.values(copies),
	...Object.values(mounts),
	...Object.values(changes),
	...Object.values(egress),
	...Object.values(trust),
	...Object.values(sbom),
	...Object.values(upkeep),
	...Object.values(secrets),
	...Object.values(volumeCopies),
	...Object.values(registry),
	...Object.values(imageLayers),
	...Object.values(sockets),
];

/** Those of swarm mode. */
export const swarmOperations: readonly Operation[] = Object.values(swarm);
