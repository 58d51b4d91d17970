import { operations } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { Backends } from "../backends.ts";
import { type Route, route } from "../route.ts";
import { buildRoutes } from "./build.ts";
import { buildkitRoutes } from "./buildkit.ts";
import { changesRoutes } from "./changes.ts";
import { containerStreamRoutes } from "./container-streams.ts";
import { containerRoutes } from "./containers.ts";
import { copiesRoutes } from "./copies.ts";
import { distributionRoutes } from "./distribution.ts";
import { egressRoutes } from "./egress.ts";
import { execRoutes } from "./exec.ts";
import { footprintRoutes } from "./footprint.ts";
import { imageLayersRoutes } from "./image-layers.ts";
import { imageRoutes } from "./images.ts";
import { mountsRoutes } from "./mounts.ts";
import { networkRoutes } from "./networks.ts";
import { pluginRoutes } from "./plugins.ts";
import { registryRoutes } from "./registry.ts";
import { sbomRoutes } from "./sbom.ts";
import { secretRoutes } from "./secrets.ts";
import { socketRoutes } from "./sockets.ts";
import { swarmRoutes } from "./swarm.ts";
import { systemRoutes } from "./system.ts";
import { trustRoutes } from "./trust.ts";
import { upkeepRoutes } from "./upkeep.ts";
import { volumeCopiesRoutes } from "./volume-copies.ts";
import { volumeRoutes } from "./volumes.ts";

/** A route for every operation of the API. */
export function allRoutes(backends: Backends): Route[] {
	return [
		...containerRoutes(backends.containers),
		...containerStreamRoutes(backends.containers),
		...execRoutes(backends.containers),
		...imageRoutes(backends.images),
		...buildRoutes(backends.builds),
		...distributionRoutes(backends.distribution),
		...networkRoutes(backends.networks),
		...volumeRoutes(backends.volumes),
		...systemRoutes(backends.system),
		...footprintRoutes(backends),
		...copiesRoutes(backends.copies),
		...mountsRoutes(backends.mounts),
		...changesRoutes(backends.changes),
		...egressRoutes(backends.egress),
		...trustRoutes(backends.trust),
		...sbomRoutes(backends.sbom),
		...upkeepRoutes(backends.upkeep),
		...secretRoutes(backends.secrets),
		...volumeCopiesRoutes(backends.volumeCopies),
		...imageLayersRoutes(backends.imageLayers),
		...registryRoutes(backends.registries),
		...buildkitRoutes(backends.buildkit),
		...socketRoutes(backends.sockets),
		...swarmRoutes(),
		...pluginRoutes(),
		...pendingRoutes(),
	];
}

/** Operations that Hull does not have yet say so, by name. */
function pendingRoutes(): Route[] {
	return operations
		.filter((operation) => operation.pending !== undefined)
		.map((operation) =>
			route(operation, async () => {
				throw new EngineError("not_implemented", operation.pending!);
			}),
		);
}
